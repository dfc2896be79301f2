import { setTimeout as pause } from 'node:timers/promises';

/** How long, and how often, {@link eventually} tries. */
export interface EventuallyOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Between two tries; default 50 ms. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Calls `attempt` until it neither throws nor returns `undefined` or `false`, and returns what it returned. When time is
 * up, the last failure is thrown, so that the test's message says what was still wrong.
 *
 * @example
 * const pod = await eventually(() => pods.find(it => it.status === 'Running'), { timeoutMs: 30_000 });
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 50, signal }: EventuallyOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await attempt();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      failure = new Error(`still ${String(value)} after ${timeoutMs} ms: ${attempt}`);
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) throw failure;
    await pause(everyMs, undefined, signal === undefined ? {} : { signal });
  }
}
