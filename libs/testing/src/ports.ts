import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which Linux takes ports for outgoing connections (32768 up), above the well-known ones. */
const lowest = 20_000;
const highest = 32_000;

/**
 * The first of `count` neighbouring TCP ports that are free on loopback now. Random, so that test processes that run at
 * the same time rarely meet; servers that can should listen on port 0 instead.
 */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const first = lowest + 10 * Math.floor((Math.random() * (highest - lowest - count)) / 10);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} neighbouring ports are free on 127.0.0.1`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
