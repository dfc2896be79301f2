import { DroverError } from '@drover/errors';
import type { Clock } from './clock.ts';

/** How many failures are too many. */
export interface AttemptLimits {
  readonly maxFailures: number;
  /** Failures older than this are forgotten. */
  readonly windowMs: number;
  /** How many keys are remembered; the longest untouched is forgotten first. */
  readonly maxKeys: number;
}

/** Attempts on one key that wait for others to end; more are a script that has gone wrong, or a flood. */
const maxWaiting = 100;

interface Attempts {
  failures: number;
  firstMs: number;
  running: number;
  readonly waiting: (() => void)[];
}

/** Counts failed attempts by key, an account's name say (T13). In memory: each replica counts for itself. */
export class AttemptLimiter {
  readonly #clock: Clock;
  readonly #limits: AttemptLimits;
  readonly #attempts = new Map<string, Attempts>();

  constructor(clock: Clock, limits: AttemptLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Makes an attempt, which resolves to whether it succeeded; a success forgets the failures before it. Of many at once
   * as many run as may still fail, and the others wait for them: guesses in parallel get no further than one by one, and
   * logins in parallel all pass. Throws `too-many-requests`.
   */
  async run(key: string, attempt: () => Promise<boolean>): Promise<boolean> {
    const attempts = this.#of(key);
    await this.#begin(attempts);
    let succeeded = false;
    try {
      succeeded = await attempt();
      return succeeded;
    } finally {
      attempts.running--;
      if (succeeded) attempts.failures = 0;
      else {
        if (attempts.failures === 0) attempts.firstMs = this.#clock.now();
        attempts.failures++;
      }
      if (attempts.failures + attempts.running + attempts.waiting.length === 0) this.#attempts.delete(key);
      for (const wake of attempts.waiting.splice(0)) wake();
    }
  }

  async #begin(attempts: Attempts): Promise<void> {
    const { maxFailures, windowMs } = this.#limits;
    for (;;) {
      if (attempts.failures > 0 && this.#clock.now() - attempts.firstMs >= windowMs) attempts.failures = 0;
      if (attempts.failures + attempts.running < maxFailures) {
        attempts.running++;
        return;
      }
      if (attempts.failures >= maxFailures || attempts.waiting.length >= maxWaiting)
        throw new DroverError('too-many-requests');
      await new Promise<void>(resolve => attempts.waiting.push(resolve));
    }
  }

  #of(key: string): Attempts {
    const attempts = this.#attempts.get(key) ?? { failures: 0, firstMs: 0, running: 0, waiting: [] };
    this.#attempts.delete(key); // to its end: Map keeps the order of insertion
    this.#attempts.set(key, attempts);
    const oldest = this.#attempts.keys().next().value;
    if (this.#attempts.size > this.#limits.maxKeys && oldest !== undefined) this.#attempts.delete(oldest);
    return attempts;
  }
}
