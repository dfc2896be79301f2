import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { DroverError } from '@drover/errors';

/** A server that this process started. */
export interface RunningServer {
  /** Resolves with how it ended, when it ends by itself or by `stop`. */
  readonly exited: Promise<string>;
  /** Asks it to end, waits, and ends it by force after a while. */
  stop(): Promise<void>;
}

/** A server that has not ended by then is killed; a NATS or Redis of this size needs a fraction of a second. */
const stopTimeoutMs = 4_000;

/**
 * Runs a server so that it never outlives this process, however that ends: a shell holds the other end of our pipe, and
 * ends the server when the pipe closes, which the kernel does even for a process that was killed.
 *
 * The shell is a session of its own, so that Ctrl-C on the terminal reaches only us, who stop things in order.
 */
const guard = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
trap : TERM INT HUP
{ read -r line <&3; kill -TERM $server 2>/dev/null; } & watcher=$!
exec 3<&-
wait $server; code=$?
kill $watcher 2>/dev/null
exit $code
`;

/** Starts a program under the guard. Its output goes nowhere: servers write their own logs. */
export async function runProgram(path: string, args: readonly string[]): Promise<RunningServer> {
  const child = spawn('/bin/sh', ['-c', guard, 'drover-guard', path, ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.stdin?.on('error', () => {});
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new DroverError('server-missing', `${path} cannot be run`, { cause });
  }
  const exited = once(child, 'exit').then(([code, signal]) => `ended with ${signal ?? `code ${code}`}`);
  return { exited, stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => {
    // The group: the shell, its watcher and the server.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  }, stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}
