import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** A command that hangs is killed after this long, unless the caller says otherwise. */
const defaultTimeoutMs = 60_000;

/** How to run a command. */
export interface RunOptions {
  /** Added to the environment; `undefined` takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string | Buffer;
  /** Killed after this long, with `code` 124 as of timeout(1). Default 60 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a command did. A process that a signal ended has the code 128 plus the signal's number, as a shell would say. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end. It never throws for the command's own failure: the exit code is what tests look at.
 *
 * @example
 * const { code, stdout } = await run('kubectl', ['get', 'pods'], { env: { KUBECONFIG: file } });
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeoutMs = defaultTimeoutMs, input, signal } = options;
  const child = spawn(command, [...args], spawnOptions(options));
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const stop = (): boolean => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  child.stdin?.on('error', () => {}); // a command may end before it has read everything
  child.stdin?.end(input);
  try {
    const code = await exitCode(child);
    const late = timedOut ? `\n${command} did not end within ${timeoutMs} ms\n` : '';
    return { code: timedOut ? 124 : code, stdout: stdout(), stderr: stderr() + late };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** A command that runs beside the test, such as `kubectl get -w`. */
export interface Background extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Its exit code, when it has ended by itself or was stopped. */
  readonly exited: Promise<number>;
  /** Sends SIGTERM, after five seconds SIGKILL; resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/** Starts a command and returns at once. Its standard input stays open. */
export function start(command: string, args: readonly string[], options: Omit<RunOptions, 'input'> = {}): Background {
  const child = spawn(command, [...args], spawnOptions(options));
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin?.on('error', () => {});
  const exited = exitCode(child);
  exited.catch(() => {}); // who wants the outcome awaits it
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    try {
      return await exited;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    child,
    stdout,
    stderr,
    exited,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

const spawnOptions = ({ env, cwd }: RunOptions): SpawnOptions => ({
  env: { ...process.env, ...env },
  stdio: 'pipe',
  ...(cwd === undefined ? {} : { cwd }),
});

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (signalNumbers[signal ?? ''] ?? 0)));
  });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
