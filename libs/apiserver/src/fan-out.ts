/** Somebody who reads the changes of a resource. */
export interface Follower {
  /** There may be something new to read, or it has ended. Must not throw. */
  wake(): void;
}

/** So many followers are woken in one turn of the event loop, so that requests are served in between. */
const followersATurn = 200;

/** The followers of one resource. Changes that come in one turn of the event loop wake them once. */
export class FanOut {
  readonly #followers = new Set<Follower>();
  #due = false;

  get size(): number {
    return this.#followers.size;
  }

  /** The result takes the follower off. */
  add(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Wakes all, soon. */
  ring(): void {
    if (this.#due || this.#followers.size === 0) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.#wake([...this.#followers], 0);
    });
  }

  #wake(followers: readonly Follower[], from: number): void {
    const end = Math.min(from + followersATurn, followers.length);
    for (let at = from; at < end; at++) followers[at]?.wake();
    if (end < followers.length) setImmediate(() => this.#wake(followers, end));
  }
}
