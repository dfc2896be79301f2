import type { Clock } from '@drover/async';
import { keys } from './keys.ts';
import { all } from './redis-answer.ts';
import type { Sessions } from './sessions.ts';

/** What is counted, and since when it counts no more. */
export interface Counted {
  readonly kind: 'pair' | 'address' | 'account' | 'provider';
  /** Whose, in as many words as it takes. */
  readonly of: readonly string[];
  readonly windowMs: number;
}

/** Where failed attempts are counted, and the addresses kept from which an account was signed in to. */
export interface AttemptCounts {
  /** How many there were of each in its window. */
  read(counted: readonly Counted[]): Promise<readonly number[]>;
  bump(counted: readonly Counted[]): Promise<void>;
  forget(counted: Counted): Promise<void>;
  remember(account: readonly string[], address: string): Promise<void>;
  remembers(account: readonly string[], address: string): Promise<boolean>;
}

/** An address is remembered for so long after the last sign-in from it. */
const rememberMs = 30 * 86_400_000;
/** Addresses of one account: people have few, and a list must not grow without end. */
const maxAddresses = 32;
/** Counters and accounts in memory: some MB. The longest untouched is forgotten first. */
const maxInMemory = 50_000;

/** In Redis, for every replica. Throws what Redis throws. */
export class RedisAttemptCounts implements AttemptCounts {
  readonly #sessions: Sessions;
  readonly #clock: Clock;

  constructor(sessions: Sessions, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  async read(counted: readonly Counted[]): Promise<readonly number[]> {
    const found = await this.#sessions.redis.mget(counted.map(keyOf));
    return found.map(count => Number(count ?? 0));
  }

  async bump(counted: readonly Counted[]): Promise<void> {
    const commands = this.#sessions.redis.multi();
    // The window begins with its first failure; a counter without an end would lock for ever.
    for (const one of counted) commands.set(keyOf(one), 0, 'PX', one.windowMs, 'NX').incr(keyOf(one));
    await all(commands);
  }

  async forget(counted: Counted): Promise<void> {
    await this.#sessions.redis.del(keyOf(counted));
  }

  async remember(account: readonly string[], address: string): Promise<void> {
    const key = keys.addressesOf(account);
    const now = this.#clock.now();
    const commands = this.#sessions.redis.multi().zadd(key, now, keys.addressToken(address));
    commands.zremrangebyscore(key, '-inf', now - rememberMs).zremrangebyrank(key, 0, -maxAddresses - 1);
    await all(commands.pexpire(key, rememberMs));
  }

  async remembers(account: readonly string[], address: string): Promise<boolean> {
    return (await this.#sessions.redis.zscore(keys.addressesOf(account), keys.addressToken(address))) !== null;
  }
}

const keyOf = ({ kind, of }: Counted): string => keys.attempts(kind, of);

/** In this process alone: for what Redis would say while it is away. */
export class MemoryAttemptCounts implements AttemptCounts {
  readonly #clock: Clock;
  readonly #counts = new Map<string, { count: number; endsAtMs: number }>();
  readonly #addresses = new Map<string, Set<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async read(counted: readonly Counted[]): Promise<readonly number[]> {
    return counted.map(one => this.#live(keyOf(one))?.count ?? 0);
  }

  async bump(counted: readonly Counted[]): Promise<void> {
    for (const one of counted) {
      const known = this.#live(keyOf(one)) ?? { count: 0, endsAtMs: this.#clock.now() + one.windowMs };
      touch(this.#counts, keyOf(one), { ...known, count: known.count + 1 });
    }
  }

  async forget(counted: Counted): Promise<void> {
    this.#counts.delete(keyOf(counted));
  }

  async remember(account: readonly string[], address: string): Promise<void> {
    const known = [...(this.#addresses.get(keys.addressesOf(account)) ?? [])].filter(one => one !== address);
    touch(this.#addresses, keys.addressesOf(account), new Set([...known, address].slice(-maxAddresses)));
  }

  async remembers(account: readonly string[], address: string): Promise<boolean> {
    return this.#addresses.get(keys.addressesOf(account))?.has(address) ?? false;
  }

  #live(key: string): { count: number; endsAtMs: number } | undefined {
    const found = this.#counts.get(key);
    return found !== undefined && this.#clock.now() < found.endsAtMs ? found : undefined;
  }
}

/** Puts it at the end of the map, which keeps the order of insertion, and drops the first where there are too many. */
function touch<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > maxInMemory && oldest !== undefined) map.delete(oldest);
}
