import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DroverError } from '@drover/errors';
import type { WorkerAnswer, WorkerTask } from './backup-worker.ts';

/**
 * Takes a backup in a thread of its own: the scrypt of a passphrase computes for a second and more in 256 MB, for which no
 * request waits.
 *
 * @throws DroverError as `backUpHub`
 */
export async function backUpInThread(task: WorkerTask, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('backup-worker.ts', import.meta.url), { workerData: task });
  const stop = (): void => worker.postMessage('stop');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const exited = once(worker, 'exit');
    const [answer]: [WorkerAnswer] | undefined[] = await Promise.race([
      once(worker, 'message') as Promise<[WorkerAnswer]>,
      exited.then(() => [undefined]),
    ]);
    await exited;
    if (answer === undefined) throw new DroverError('internal', 'the thread of the backup ended without an answer');
    if (answer.error) throw new DroverError(answer.error.code, answer.error.message);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
