import { type Clock, systemClock } from '@drover/async';
import { keys } from './keys.ts';
import type { LoginSession, LoginSessionStore } from './login-session.ts';
import { all, answerOf } from './redis-answer.ts';
import type { Sessions } from './sessions.ts';

/** When a session was last seen lies apart from its record, so that to touch it takes no reading. */
type Stored = Omit<LoginSession, 'seenAtMs'>;

/** {@link LoginSessionStore} in Redis; records expire there by themselves. */
export class RedisLoginSessions implements LoginSessionStore {
  readonly #sessions: Sessions;
  readonly #clock: Clock;

  constructor(sessions: Sessions, clock: Clock = systemClock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  async create({ seenAtMs, ...stored }: LoginSession): Promise<void> {
    const { id, user, endsAtMs } = stored;
    const lifetimeMs = Math.max(1, endsAtMs - this.#clock.now());
    const index = keys.loginsOf(user);
    await answerOf(this.#sessions, redis =>
      all(
        redis
          .multi()
          .set(keys.login(id), JSON.stringify(stored), 'PX', lifetimeMs)
          .zadd(keys.loginsSeen, seenAtMs, id)
          .zadd(index, endsAtMs, id)
          // It lives as long as the session of it that lives longest.
          .pexpire(index, lifetimeMs, 'NX')
          .pexpire(index, lifetimeMs, 'GT'),
      ),
    );
  }

  async find(id: string): Promise<LoginSession | undefined> {
    const [found] = await this.#read([id]);
    return found;
  }

  async touch(id: string, seenAtMs: number): Promise<void> {
    await answerOf(this.#sessions, redis => redis.zadd(keys.loginsSeen, 'XX', 'GT', seenAtMs, id));
  }

  async keepRefreshSecret(id: string, refreshSecret: string | undefined): Promise<void> {
    const found = await this.find(id);
    if (found === undefined) return;
    const { seenAtMs: _, refreshSecret: __, ...stored } = found;
    const next = refreshSecret === undefined ? stored : { ...stored, refreshSecret };
    await answerOf(this.#sessions, redis => redis.set(keys.login(id), JSON.stringify(next), 'KEEPTTL', 'XX'));
  }

  async end(id: string): Promise<void> {
    const found = await this.find(id);
    await answerOf(this.#sessions, redis => {
      const ended = redis.multi().del(keys.login(id)).zrem(keys.loginsSeen, id);
      return all(found === undefined ? ended : ended.zrem(keys.loginsOf(found.user), id));
    });
  }

  async ofUser(user: string): Promise<readonly LoginSession[]> {
    const index = keys.loginsOf(user);
    const ids = await answerOf(this.#sessions, async redis => {
      await redis.zremrangebyscore(index, '-inf', String(this.#clock.now()));
      return redis.zrange(index, '0', '-1');
    });
    const found = await this.#read(ids);
    return found.sort((one, other) => other.startedAtMs - one.startedAtMs);
  }

  async seenBefore(ms: number, limit: number): Promise<readonly LoginSession[]> {
    const ids = await answerOf(this.#sessions, redis =>
      redis.zrangebyscore(keys.loginsSeen, '-inf', `(${ms}`, 'LIMIT', 0, limit),
    );
    const found = await this.#read(ids);
    const gone = ids.filter(id => !found.some(session => session.id === id));
    if (gone.length > 0) await answerOf(this.#sessions, redis => redis.zrem(keys.loginsSeen, ...gone));
    return found;
  }

  async #read(ids: readonly string[]): Promise<LoginSession[]> {
    if (ids.length === 0) return [];
    const [records, seen] = await answerOf(this.#sessions, redis =>
      Promise.all([redis.mget(ids.map(keys.login)), redis.zmscore(keys.loginsSeen, ...ids)]),
    );
    return records.flatMap((text, at): LoginSession[] => {
      if (text === null) return [];
      const stored: Stored = JSON.parse(text); // written by this class alone
      return [{ ...stored, seenAtMs: Number(seen[at] ?? stored.startedAtMs) }];
    });
  }
}
