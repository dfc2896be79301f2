import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Background, eventually, freePorts, onPath, start } from '@drover/testing';

/** A nats-server that is the test's own, so that it can be ended and started again beside a running hub. */
export interface RestartableNats extends AsyncDisposable {
  readonly url: string;
  /** Ends it and starts it again on the same port and data. */
  restart(signal?: NodeJS.Signals): Promise<void>;
}

/** Why there is no nats-server here; false: there is one. */
export const cannotStartNats = (): string | false => (find() === undefined ? 'nats-server is not on the PATH' : false);

/** Debian puts it where only root's PATH looks. */
const find = (): string | undefined =>
  onPath('nats-server') ?? ['/usr/sbin/nats-server'].find(path => existsSync(path));

export async function startNats(): Promise<RestartableNats> {
  const program = find();
  if (program === undefined) throw new Error(String(cannotStartNats()));
  const folder = await mkdtemp(join(tmpdir(), 'drover-faults-nats-'));
  const port = await freePorts(1);
  let running: Background;
  const up = async (): Promise<void> => {
    const config = join(folder, 'nats.conf');
    await writeFile(config, `host: 127.0.0.1\nport: ${port}\nmax_payload: 4MB\njetstream { store_dir: "${folder}" }\n`);
    running = start(program, ['-c', config]);
    await eventually(() => listens(port));
  };
  await up();
  return {
    url: `nats://127.0.0.1:${port}`,
    restart: async signal => {
      await running.stop(signal);
      await up();
    },
    [Symbol.asyncDispose]: async () => {
      await running.stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const listens = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
