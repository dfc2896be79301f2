import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { openFrontDoor } from './front-door.ts';

/** A certificate that nobody checks here. */
async function certificate(): Promise<{ cert: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-door-'));
  try {
    const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'crt')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await promisify(execFile)('openssl', ['req', '-x509', ...key, '-subj', '/CN=door', '-days', '2', ...files]);
    return { cert: await readFile(join(folder, 'crt'), 'utf8'), key: await readFile(join(folder, 'key'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('one address has its share of connections, and another goes on', async () => {
  const door = await openFrontDoor({
    host: '127.0.0.1',
    port: 0,
    ...(await certificate()),
    maxConnectionsPerAddress: 2,
  });
  const dial = async (localAddress: string): Promise<TLSSocket | undefined> => {
    const raw = connectTcp({ host: '127.0.0.1', port: door.port, localAddress });
    raw.on('error', () => {}); // told by the connection above it
    const socket = connect({ socket: raw, rejectUnauthorized: false });
    const refused = new Promise<undefined>(resolve => socket.once('error', () => resolve(undefined)));
    return Promise.race([once(socket, 'secureConnect').then(() => socket), refused]);
  };
  const first = await dial('127.0.0.2');
  const second = await dial('127.0.0.2');
  assert.ok(first && second);
  assert.equal(await dial('127.0.0.2'), undefined);
  const other = await dial('127.0.0.3');
  assert.ok(other);
  first.destroy();
  let third: TLSSocket | undefined;
  while (third === undefined) third = await dial('127.0.0.2'); // as soon as the door has heard of the end of the first
  for (const socket of [second, other, third]) socket.destroy();
  await door.close(0);
});
