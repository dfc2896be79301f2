import { delimiter } from 'node:path';
import { type Background, type RunOptions, run, start } from '@drover/testing';

/** Debian keeps servers in /usr/sbin, which is not on every user's PATH. */
const path = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);

/** Runs a command, which must succeed, and gives back what it wrote. */
export async function succeed(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, { ...options, env: { PATH: path, ...options.env } });
  if (result.code !== 0) throw new Error(`${command} ended with ${result.code}: ${result.stderr.slice(-2_000)}`);
  return result.stdout;
}

/** Starts a server and waits until `ready` is true; its own last words are told if it ends before. */
export async function startServer(
  command: string,
  args: readonly string[],
  ready: (server: Background) => Promise<boolean>,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Background> {
  const server = start(command, args, { env: { PATH: path, ...env } });
  let ended = false;
  server.exited.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  const deadline = Date.now() + readyTimeoutMs;
  while (!(await ready(server))) {
    if (ended || Date.now() > deadline) {
      await server.stop();
      throw new Error(
        `${command} did not become ready: ${server.stderr().slice(-2_000)}${server.stdout().slice(-500)}`,
      );
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return server;
}

/** A hub's first start makes keys and may start several servers. */
const readyTimeoutMs = 60_000;
