import { type Cancel, type Clock, every } from '@drover/async';
import { limits } from './limits.ts';

/** What silence leads to. */
export interface KeepaliveEvents {
  /** Nothing was heard for `limits.pingAfterMs` or longer; called at every check until something is. */
  onQuiet(): void;
  /** Nothing was heard for `limits.deadAfterMs`. Called once. */
  onDead(silentMs: number): void;
}

/**
 * Notices that a peer has gone silent without closing (T23). It counts checks instead of reading the time: a wall clock
 * that is set, or a process that was stopped for a minute and has the peer's bytes waiting in its socket, loses no
 * session by it.
 */
export class Keepalive {
  readonly #cancel: Cancel;
  #quietChecks = 0;

  constructor(clock: Clock, events: KeepaliveEvents) {
    this.#cancel = every(clock, limits.keepaliveCheckMs, () => {
      this.#quietChecks++;
      if (this.silentMs >= limits.deadAfterMs) {
        this.stop();
        events.onDead(this.silentMs);
      } else if (this.silentMs >= limits.pingAfterMs) events.onQuiet();
    });
  }

  /** Milliseconds since the peer was heard, in steps of `limits.keepaliveCheckMs`. */
  get silentMs(): number {
    return this.#quietChecks * limits.keepaliveCheckMs;
  }

  /** Bytes came. */
  heard(): void {
    this.#quietChecks = 0;
  }

  stop(): void {
    this.#cancel();
  }
}
