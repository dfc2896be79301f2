import { type Cancel, type Clock, every } from '@drover/async';
import type { Logger } from '@drover/telemetry';

/** Tokens and when each was last used, milliseconds since 1970. */
export type UseBatch = { readonly uses: readonly (readonly [token: string, usedMs: number])[] };

/** Bounds of what is remembered of the use of tokens (T30). */
export const useLimits = Object.freeze({
  /** Batches go out as often. */
  periodMs: 30_000,
  /** Tokens used between two batches, some 60 bytes each; more are counted at their next use. */
  maxTokens: 200_000,
  /** Of one message: 60 KB, far under NATS's `max_payload`. */
  maxBatch: 2_000,
});

export interface TokenUsesOptions {
  /** Hands a batch to fleet-api; a rejection keeps it for the next time. */
  readonly send: (batch: UseBatch) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Counts which tokens were used, in memory and in no time, and tells it in batches: no request waits for it, and none is
 * refused because of it (T30).
 */
export class TokenUses {
  readonly #send: TokenUsesOptions['send'];
  readonly #logger: Logger;
  readonly #cancel: Cancel;
  readonly #used = new Map<string, number>();
  #sending: Promise<void> | undefined;

  constructor({ send, clock, logger }: TokenUsesOptions) {
    this.#send = send;
    this.#logger = logger;
    this.#cancel = every(clock, useLimits.periodMs, () => void this.flush());
  }

  /** Notes that a token was used. */
  note(token: string, nowMs: number): void {
    if (this.#used.size < useLimits.maxTokens || this.#used.has(token)) this.#used.set(token, nowMs);
  }

  /** Sends what was noted. Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Sends what is left, and stops. */
  async close(): Promise<void> {
    this.#cancel();
    await this.flush();
  }

  async #sendAll(): Promise<void> {
    const noted = [...this.#used];
    for (let at = 0; at < noted.length; at += useLimits.maxBatch) {
      const uses = noted.slice(at, at + useLimits.maxBatch);
      try {
        await this.#send({ uses });
      } catch (error) {
        this.#logger.debug({ err: error, tokens: noted.length - at }, 'uses of tokens wait to be told');
        return;
      }
      // What was used meanwhile is for the next batch.
      for (const [token, usedMs] of uses) if (this.#used.get(token) === usedMs) this.#used.delete(token);
    }
  }
}
