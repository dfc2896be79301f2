import { parentPort, workerData } from 'node:worker_threads';
import { DroverError } from '@drover/errors';
import { type BackUpOptions, backUpHub } from './back-up.ts';

/** What the thread is given, and what it answers: nothing, or the error. */
export type WorkerTask = Pick<BackUpOptions, 'dataDir' | 'target' | 'keys' | 'nats' | 'nowMs'>;
export interface WorkerAnswer {
  readonly error?: { readonly code: DroverError['code']; readonly message: string };
}

const stopping = new AbortController();
parentPort?.once('message', () => stopping.abort(new DroverError('internal', 'the hub stops')));

let answer: WorkerAnswer = {};
try {
  await backUpHub({ ...(workerData as WorkerTask), signal: stopping.signal });
} catch (cause) {
  const { code, message } = DroverError.from(cause);
  answer = { error: { code, message } };
}
parentPort?.postMessage(answer);
parentPort?.close();
