import type { Clock } from '@drover/async';

/** Those who wait until something holds of a cache, looked after with every change. They are few, and wait for moments. */
export class Waiters {
  readonly #clock: Clock;
  readonly #looks = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#looks.size;
  }

  /** Something has changed. */
  look(): void {
    for (const look of this.#looks) look();
  }

  /** Resolves once `condition` holds. Rejects with what it throws, and with what `late` makes after `timeoutMs`. */
  until(condition: () => boolean, timeoutMs: number, late: () => Error): Promise<void> {
    return new Promise((resolve, reject) => {
      let cancel = (): void => {};
      const settle = (done: () => void): void => {
        this.#looks.delete(look);
        cancel();
        done();
      };
      const look = (): void => {
        try {
          if (condition()) settle(resolve);
        } catch (error) {
          settle(() => reject(error));
        }
      };
      this.#looks.add(look);
      cancel = this.#clock.after(timeoutMs, () => settle(() => reject(late())));
      look();
    });
  }
}
