/** Turns of an event loop by hand: what was deferred runs when `run` says so. */
export class Turns {
  #deferred: (() => void)[] = [];

  readonly defer = (run: () => void): void => {
    this.#deferred.push(run);
  };

  /** How many wait. */
  get pending(): number {
    return this.#deferred.length;
  }

  /** Runs what was deferred before the call. Returns whether there was anything. */
  run(): boolean {
    const now = this.#deferred;
    this.#deferred = [];
    for (const run of now) run();
    return now.length > 0;
  }
}
