import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Where every user of the testbed's node agrees to take turns. */
export const nodeLockFile = '/tmp/testbed-node.lock';

/**
 * Takes the machine's one `--node` cluster for the caller: the kubelet has fixed ports. The lock is flock(2)'s, held by
 * a child that lives as long as its standard input is open, so it is let go even if this process is killed.
 */
export async function lockNode(signal?: AbortSignal): Promise<AsyncDisposable> {
  const child = spawn('flock', [nodeLockFile, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(signal === undefined ? {} : { signal }),
  });
  const exited = once(child, 'exit');
  const locked = await Promise.race([once(child.stdout, 'data').then(() => true), exited.then(() => false)]);
  if (!locked) throw new Error(`flock could not lock ${nodeLockFile}`);
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
