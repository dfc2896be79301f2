import type { Clock } from '@drover/async';
import { DroverError } from '@drover/errors';

/**
 * Runs `publish` with a signal that ends after `timeoutMs`, or when `signal` does, and rejects then even if `publish`
 * pays no heed to it: a promise that never settles must not hold up the log.
 */
export async function publishWithin(
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
  publish: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const abort = new AbortController();
  const givenUp = Promise.withResolvers<never>();
  const giveUp = (): void => {
    const error = new DroverError('unreachable', 'JetStream did not acknowledge in time');
    abort.abort(error);
    givenUp.reject(error);
  };
  const cancel = clock.after(timeoutMs, giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([publish(abort.signal), givenUp.promise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', giveUp);
  }
}
