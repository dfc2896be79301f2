import type { Clock } from '@drover/async';
import { DroverError } from '@drover/errors';

/** How many failures are too many. */
export interface AttemptLimits {
  readonly maxFailures: number;
  /** Failures older than this are forgotten. */
  readonly windowMs: number;
  /** How many keys are remembered; the longest untouched is forgotten first. */
  readonly maxKeys: number;
}

/** Counts failed attempts by key, an account's name say (T13). In memory: each replica counts for itself. */
export class AttemptLimiter {
  readonly #clock: Clock;
  readonly #limits: AttemptLimits;
  readonly #failures = new Map<string, { count: number; firstMs: number }>();

  constructor(clock: Clock, limits: AttemptLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Counts an attempt as failed from its start, so that many at once are counted too; the result takes them back after a
   * success. Throws `too-many-requests`.
   */
  begin(key: string): () => void {
    const { maxFailures, windowMs, maxKeys } = this.#limits;
    const now = this.#clock.now();
    let entry = this.#failures.get(key);
    if (entry === undefined || now - entry.firstMs >= windowMs) entry = { count: 0, firstMs: now };
    if (entry.count >= maxFailures) throw new DroverError('too-many-requests');
    entry.count++;
    this.#failures.delete(key); // to its end: Map keeps the order of insertion
    this.#failures.set(key, entry);
    const oldest = this.#failures.keys().next().value;
    if (this.#failures.size > maxKeys && oldest !== undefined) this.#failures.delete(oldest);
    return () => void this.#failures.delete(key);
  }
}
