/** Cancels a timer; harmless when it has fired. */
export type Cancel = () => void;

/** Time, handed in wherever it is needed, so that unit tests do not sleep. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Cancel;
}

/** The real time. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  after: (delayMs: number, run: () => void): Cancel => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
});

/** Calls `run` every `periodMs` until cancelled. */
export function every(clock: Clock, periodMs: number, run: () => void): Cancel {
  let cancel: Cancel = () => {};
  const next = (): void => {
    cancel = clock.after(periodMs, () => {
      next();
      run();
    });
  };
  next();
  return () => cancel();
}
