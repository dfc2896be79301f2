import { type Cancel, type Clock, every } from '@drover/async';

/** Bounds of what a caller's bytes wait for. */
export const callerBytesLimits = Object.freeze({
  /** Signs of life and keystrokes are smaller; one who sends more than this is not only waiting for his answer. */
  heldBytes: 4 * 1024,
  /** A Ctrl-C is never later than this, also where its answer goes on without a pause. */
  heldMs: 2_000,
  /** Silence of the kube-apiserver after which nothing of its answer is on the way. */
  settledMs: 20,
});

/**
 * What the caller of an upgraded session sends, on its way to the kube-apiserver. While the answer runs ahead of its
 * reader, the kube-apiserver may have closed its socket already, with megabytes of the answer still in the kernel: one
 * byte that comes then, a ping of kubectl's, is answered by a TCP reset (RFC 9293 §3.10.7.4), and the rest of the answer
 * is lost. So small things wait until the answer is read, for a while.
 */
export class CallerBytes {
  readonly #write: (chunk: Buffer) => void;
  readonly #clock: Clock;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #cancelCheck: Cancel | undefined;
  #paused = false;
  /** Whether the answer has run ahead since it was last read to the end. */
  #ahead = false;
  #readAtMs = 0;

  constructor(write: (chunk: Buffer) => void, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Bytes of the answer were read. */
  answered(): void {
    this.#readAtMs = this.#clock.now();
  }

  /** The answer is not read further for now: its reader is behind. */
  paused(): void {
    this.#paused = true;
    this.#ahead = true;
  }

  resumed(): void {
    this.#paused = false;
    this.#readAtMs = this.#clock.now();
  }

  send(chunk: Buffer): void {
    if (this.#ahead && this.#settled()) this.#ahead = false;
    if (!this.#ahead) return this.#write(chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > callerBytesLimits.heldBytes) return this.flush();
    if (this.#cancelCheck !== undefined) return;
    const sinceMs = this.#clock.now();
    this.#cancelCheck = every(this.#clock, callerBytesLimits.settledMs, () => {
      if (this.#settled() || this.#clock.now() - sinceMs >= callerBytesLimits.heldMs) this.flush();
    });
  }

  /** Sends what waits: nothing comes after it. */
  flush(): void {
    const held = this.#held;
    this.drop();
    for (const chunk of held) this.#write(chunk);
  }

  /** Forgets what waits: the connection is gone. */
  drop(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
    this.#held = [];
    this.#heldBytes = 0;
  }

  #settled(): boolean {
    return !this.#paused && this.#clock.now() - this.#readAtMs >= callerBytesLimits.settledMs;
  }
}
