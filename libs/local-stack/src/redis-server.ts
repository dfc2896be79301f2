import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import { connectSessions } from '@drover/sessions';
import { runContainer } from './container-server.ts';
import type { ServerProgram } from './find-server.ts';
import { ensureFolder, readText, writeSecret } from './secret-files.ts';
import { type RunningServer, runProgram } from './server-process.ts';

/** A running Redis, and how to reach it. */
export interface LocalRedis extends RunningServer {
  /** With the password of this start. */
  readonly url: string;
}

const startTimeoutMs = 30_000;
/** Another program may take the port between our choice and Redis's start. */
const maxTries = 5;
const passwordBytes = 32;

/** Starts Redis on a free loopback port with a random password; its data are in `folder` and outlive it. */
export async function startRedis(program: ServerProgram, folder: string, signal?: AbortSignal): Promise<LocalRedis> {
  await ensureFolder(folder);
  for (let tries = 1; ; tries++) {
    try {
      return await tryStart(program, folder, signal);
    } catch (error) {
      if (tries >= maxTries || signal?.aborted) throw error;
    }
  }
}

async function tryStart(program: ServerProgram, folder: string, signal?: AbortSignal): Promise<LocalRedis> {
  const port = await freePort();
  const password = randomBytes(passwordBytes).toString('hex');
  const logFile = join(folder, 'redis.log');
  const configFile = join(folder, 'redis.conf');
  // The password is in a file and not on the command line, which every user of the machine can read.
  await writeSecret(
    configFile,
    `bind 127.0.0.1
port ${port}
requirepass ${password}
dir "${folder}"
logfile "${logFile}"
appendonly yes
appendfsync everysec
save ""
`,
  );
  const server =
    program.kind === 'program'
      ? await runProgram(program.path, [configFile])
      : await runContainer({ image: program.image, command: ['redis-server', configFile], folder });
  const url = `redis://:${password}@127.0.0.1:${port}`;
  try {
    await ready(url, server, signal);
  } catch (cause) {
    await server.stop();
    const log = ((await readText(logFile)) ?? '').trimEnd().split('\n').slice(-3).join(' | ');
    throw new DroverError('server-missing', `redis-server did not start: ${log}`, { cause });
  }
  return { ...server, url };
}

async function ready(url: string, server: RunningServer, signal?: AbortSignal): Promise<void> {
  await using sessions = connectSessions({ url });
  const timeout = AbortSignal.timeout(startTimeoutMs);
  const gone = server.exited.then(how => {
    throw new Error(how);
  });
  await Promise.race([sessions.ready(signal ? AbortSignal.any([signal, timeout]) : timeout), gone]);
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
