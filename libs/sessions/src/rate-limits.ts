import { AttemptLimiter, type Clock } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { type AttemptCounts, type Counted, MemoryAttemptCounts, RedisAttemptCounts } from './attempt-counts.ts';
import type { Sessions } from './sessions.ts';

/** Who tries to sign in, and from where. */
export interface SignInAttempt {
  readonly provider: string;
  /** The name that was typed. */
  readonly account: string;
  /** The address as it is counted: of IPv6 the network. */
  readonly address: string;
}

/** How many failures are too many. */
export interface RateLimitSettings {
  /** On one account from one address: somebody who has forgotten his password, or guesses it. */
  readonly pair: Limit;
  /** From one address on any account: who tries one password on many names. An office has one address. */
  readonly address: Limit;
  /** On one account from anywhere: many addresses that guess one password. */
  readonly account: Limit;
  /** At one provider: what its server can bear, and a sign that something goes on. */
  readonly provider: Limit;
}

export interface Limit {
  readonly max: number;
  readonly windowMs: number;
}

const minuteMs = 60_000;

export const rateLimits: RateLimitSettings = Object.freeze({
  pair: { max: 10, windowMs: 5 * minuteMs },
  address: { max: 100, windowMs: 5 * minuteMs },
  account: { max: 100, windowMs: 60 * minuteMs },
  provider: { max: 3_000, windowMs: 5 * minuteMs },
});

/** Accounts and addresses of which attempts run at this moment, in this process. */
const maxPairs = 20_000;

export interface RateLimitsOptions {
  /** Absent: this process counts for itself alone. */
  readonly sessions?: Sessions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings?: RateLimitSettings;
}

/**
 * Counts failed sign-ins by account, address and provider (T13). A stranger's failures lock nobody out: what is exceeded on
 * an account, or at a provider, counts for addresses alone from which the account has not been signed in to before, so that
 * its owner goes on from where he works. Whether the account exists changes nothing.
 *
 * Every replica counts in Redis, and in its own memory too, which goes on alone while Redis is away.
 *
 * @example
 * const limits = new RateLimits({ sessions, clock: systemClock, logger });
 * await limits.run({ provider: 'local', account: 'alice', address: '192.0.2.1' }, () => isPassword('alice', password));
 */
export class RateLimits {
  readonly #settings: RateLimitSettings;
  readonly #sessions: Sessions | undefined;
  readonly #logger: Logger;
  readonly #memory: AttemptCounts;
  readonly #redis: AttemptCounts | undefined;
  readonly #running: AttemptLimiter;
  #away = false;

  constructor({ sessions, clock, logger, settings = rateLimits }: RateLimitsOptions) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#logger = logger;
    this.#memory = new MemoryAttemptCounts(clock);
    this.#redis = sessions && new RedisAttemptCounts(sessions, clock);
    const { max, windowMs } = settings.pair;
    this.#running = new AttemptLimiter(clock, { maxFailures: max, windowMs, maxKeys: maxPairs });
  }

  /**
   * Makes the attempt, which resolves to whether it succeeded. Attempts in parallel get no further than one by one; over
   * several replicas at once as many more may run as one replica lets.
   *
   * @throws DroverError `too-many-requests`, and what the attempt throws, which counts as no failure
   */
  async run(tried: SignInAttempt, attempt: () => Promise<boolean>): Promise<boolean> {
    const { pair, ...others } = this.#countersOf(tried);
    const account = accountOf(tried);
    await this.#requireRoom(tried);
    let thrown: unknown;
    const succeeded = await this.#running.run(JSON.stringify(pair.of), async () => {
      try {
        return await attempt();
      } catch (error) {
        // A provider that is away says nothing of the password.
        thrown = error;
        return true;
      }
    });
    if (thrown !== undefined) throw thrown;
    await this.#both(async counts => {
      if (!succeeded) return counts.bump([pair, ...Object.values(others)]);
      await counts.forget(pair);
      await counts.remember(account, tried.address);
    });
    return succeeded;
  }

  async #requireRoom(tried: SignInAttempt): Promise<void> {
    const { pair, address, account, provider } = this.#countersOf(tried);
    const limits = this.#settings;
    const counted = [pair, address, account, provider];
    const inMemory = await this.#memory.read(counted);
    const inRedis = (await this.#fromRedis(counts => counts.read(counted))) ?? inMemory;
    const [ofPair = 0, ofAddress = 0, ofAccount = 0, ofProvider = 0] = inMemory.map((count, at) =>
      Math.max(count, inRedis[at] ?? 0),
    );
    if (ofPair >= limits.pair.max || ofAddress >= limits.address.max) throw tooMany();
    if (ofAccount < limits.account.max && ofProvider < limits.provider.max) return;
    if (await this.#isKnown(tried)) return;
    this.#logger.warn({ provider: tried.provider, address: tried.address }, 'a sign-in from a new address is refused');
    throw tooMany();
  }

  async #isKnown(tried: SignInAttempt): Promise<boolean> {
    const ask = (counts: AttemptCounts): Promise<boolean> => counts.remembers(accountOf(tried), tried.address);
    return (await ask(this.#memory)) || ((await this.#fromRedis(ask)) ?? false);
  }

  #countersOf(tried: SignInAttempt): Record<Counted['kind'], Counted> {
    const { provider, address } = tried;
    const of = (kind: Counted['kind'], words: readonly string[]): Counted => ({
      kind,
      of: words,
      windowMs: this.#settings[kind].windowMs,
    });
    return {
      pair: of('pair', [...accountOf(tried), address]),
      address: of('address', [address]),
      account: of('account', accountOf(tried)),
      provider: of('provider', [provider]),
    };
  }

  async #both(run: (counts: AttemptCounts) => Promise<void>): Promise<void> {
    await run(this.#memory);
    await this.#fromRedis(run);
  }

  /** Undefined while Redis is away. */
  async #fromRedis<T>(ask: (counts: AttemptCounts) => Promise<T>): Promise<T | undefined> {
    if (this.#redis === undefined) return undefined;
    try {
      if (this.#sessions?.connected !== true) throw new DroverError('sessions-unavailable');
      const answer = await ask(this.#redis);
      if (this.#away) this.#logger.info('failed sign-ins are counted in Redis again');
      this.#away = false;
      return answer;
    } catch (err) {
      if (!this.#away) this.#logger.warn({ err }, 'failed sign-ins are counted in this process alone');
      this.#away = true;
      return undefined;
    }
  }
}

/** Directories know no case in names. */
const accountOf = ({ provider, account }: SignInAttempt): readonly string[] => [provider, account.toLowerCase()];

const tooMany = (): DroverError =>
  new DroverError('too-many-requests', 'too many attempts failed; wait some minutes and try again');
