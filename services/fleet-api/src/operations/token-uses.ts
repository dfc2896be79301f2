import type { Registry } from '@drover/apiserver';
import { type Clock, pause } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { timestamp } from '../domain/timestamp.ts';
import { tokens } from '../resources/index.ts';

/** Bounds of what is written of the use of tokens (T30). */
export const tokenUseLimits = Object.freeze({
  /** `status.lastUsed` is exact to this: 100,000 tokens in steady use are 333 writes a second, of some 18,000 possible. */
  resolutionMs: 5 * 60_000,
  /** Writes a second; what does not fit waits, and a later use takes the place of an earlier. */
  writesPerSecond: 400,
  /** Tokens whose use waits to be written, some 100 bytes each. More are left out until they are used again. */
  maxWaiting: 200_000,
});

/** Writes are made in bursts of a tenth of a second. */
const burstsPerSecond = 10;

/**
 * Writes `status.lastUsed` of tokens from what auth-proxies count. Nobody waits for it, it makes one write at a time, and
 * a write that fails is left out: the next use brings the next (T30).
 */
export class TokenUses {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, number>();
  readonly #closing = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(registry: Registry, clock: Clock, logger: Logger) {
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Takes a batch, `{uses: [[token, milliseconds since 1970], …]}`, and returns before anything is written.
   *
   * @throws DroverError `bad-request` for what is no batch
   */
  take(batch: unknown): void {
    const now = this.#clock.now();
    for (const [name, usedMs] of usesOf(batch)) {
      // A clock that goes ahead must not keep later uses from counting.
      const at = Math.min(usedMs, now);
      if (!this.#isNews(name, at)) continue;
      const waiting = this.#waiting.get(name);
      if (waiting === undefined && this.#waiting.size >= tokenUseLimits.maxWaiting) continue;
      this.#waiting.set(name, Math.max(at, waiting ?? 0));
    }
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when all that was taken is written, or left out. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  #isNews(name: string, usedMs: number): boolean {
    const token = this.#registry.find(tokens, name);
    if (token === undefined) return false;
    const known = token.status?.lastUsed;
    return known === undefined || usedMs - Date.parse(known) >= tokenUseLimits.resolutionMs;
  }

  async #write(): Promise<void> {
    const { signal } = this.#closing;
    let burst = 0;
    for (const [name, usedMs] of this.#waiting) {
      if (signal.aborted) return;
      this.#waiting.delete(name);
      if (this.#isNews(name, usedMs)) await this.#writeOne(name, usedMs);
      if (++burst < tokenUseLimits.writesPerSecond / burstsPerSecond) continue;
      burst = 0;
      await pause(1000 / burstsPerSecond, signal, this.#clock).catch(() => {});
    }
  }

  async #writeOne(name: string, usedMs: number): Promise<void> {
    try {
      const lastUsed = timestamp(usedMs);
      await this.#registry.update(tokens, name, token => ({ ...token, status: { ...token.status, lastUsed } }), {
        part: 'status',
      });
    } catch (error) {
      const { code } = DroverError.from(error);
      if (code !== 'not-found' && code !== 'conflict') {
        this.#logger.warn({ err: error, tokenId: name }, 'when a token was used could not be written');
      }
    }
  }
}

function usesOf(batch: unknown): readonly (readonly [string, number])[] {
  const uses: unknown = typeof batch === 'object' && batch !== null ? Reflect.get(batch, 'uses') : undefined;
  if (Array.isArray(uses) && uses.every(isUse)) return uses;
  throw new DroverError('bad-request', 'no batch of token uses');
}

const isUse = (value: unknown): value is readonly [string, number] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && Number.isSafeInteger(value[1]);
