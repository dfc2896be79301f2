/** How long to wait between tries. */
export interface BackoffOptions {
  /** The first pause's upper end, milliseconds. */
  readonly firstMs: number;
  /** No pause is longer. */
  readonly maxMs: number;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

/**
 * Exponential backoff with full jitter: the n-th pause is uniform in [0.5, 1] of `firstMs · 2ⁿ`, so that a thousand
 * agents that lost the same hub do not come back in the same instant (T27).
 */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = { random: Math.random, ...options };
  }

  /** The next pause in milliseconds. */
  next(): number {
    const { firstMs, maxMs, random } = this.#options;
    const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures++, 30));
    return Math.round(ceiling * (0.5 + random() / 2));
  }

  /** After a success. */
  reset(): void {
    this.#failures = 0;
  }
}
