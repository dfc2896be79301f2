import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A real nats-server with JetStream on a free port, for tests: it can be stopped and started again with its data. */
export class NatsForTests implements AsyncDisposable {
  readonly #dir: string;
  #port = -1;
  #process: ChildProcess | undefined;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async start(): Promise<NatsForTests> {
    const server = new NatsForTests(await mkdtemp(join(tmpdir(), 'drover-nats-')));
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const config = join(this.#dir, 'nats.conf');
    await writeFile(
      config,
      `host: 127.0.0.1\nport: ${this.#port}\nmax_payload: 4MB\nports_file_dir: "${this.#dir}"\njetstream { store_dir: "${join(this.#dir, 'data')}" }\n`,
    );
    const path = `${process.env.PATH}:/usr/sbin`;
    const child = spawn('nats-server', ['-c', config], { stdio: 'ignore', env: { ...process.env, PATH: path } });
    this.#process = child;
    await once(child, 'spawn');
    const ports = join(this.#dir, `nats-server_${child.pid}.ports`);
    for (;;) {
      const text = await readFile(ports, 'utf8').catch(() => '');
      const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port) {
        this.#port = Number(port);
        return;
      }
      await delay(10);
    }
  }

  /** Ends the process; its data stay for the next `start`. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Forgets all data, as a store does that was lost. */
  async wipe(): Promise<void> {
    await rm(join(this.#dir, 'data'), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.#dir, { recursive: true, force: true });
  }
}
