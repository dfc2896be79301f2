import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { DroverError } from '@drover/errors';
import { inheritedEnvironment } from './environment.ts';

export interface ServiceProcessOptions {
  /** The name before its log lines: `tunnel-gateway-1`. */
  readonly name: string;
  /** The module that node runs. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets each line that the process writes. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A service in a process of its own. */
export interface ServiceProcess {
  readonly name: string;
  /** What it said of itself when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Resolves with how it ended. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

/**
 * A young generation of 1 MiB. What passes through is garbage at once, and lies outside of the heap: V8 finds it by the
 * next collection of the young, which a larger one puts off until the bytes outside force full collections (half of the
 * CPU of a download).
 */
const nodeFlags = ['--max-semi-space-size=1'];
const startTimeoutMs = 60_000;
/** A service stops itself within eight seconds (service-kit); this is for one that cannot. */
const stopTimeoutMs = 8_500;

/**
 * Starts a service, and waits until it says by IPC that it is ready. It is a session of its own, so that Ctrl-C reaches
 * only us, who stop things in order; when we are gone its IPC channel closes, and it stops itself.
 *
 * @throws DroverError `internal` where it ends before it is ready; its log lines say why
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { name, main, env, say, signal } = options;
  const child = spawn(process.execPath, [...nodeFlags, main], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env: { ...inheritedEnvironment, ...env },
  });
  for (const output of [child.stdout, child.stderr]) if (output) prefix(output, name, say);
  const exited = once(child, 'exit').then(([code, cause]) => `${name} ended with ${cause ?? `code ${code}`}`);
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(startTimeoutMs)]);
  try {
    const ready = await Promise.race([
      readyMessage(child, timeout),
      exited.then(how => {
        throw new DroverError('internal', `${how} before it was ready`);
      }),
    ]);
    return { name, ready, exited, stop: () => stop(child, exited) };
  } catch (error) {
    await stop(child, exited);
    throw DroverError.from(error);
  }
}

async function readyMessage(child: ChildProcess, signal: AbortSignal): Promise<Record<string, unknown>> {
  for (;;) {
    const [message] = await once(child, 'message', { signal });
    if (message?.type === 'ready') return message;
  }
}

function prefix(output: Readable, name: string, say: (line: string) => void): void {
  createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY }).on('line', line => say(`[${name}] ${line}`));
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}
