import { keys } from './keys.ts';
import type { OneTimeKind, OneTimeStore } from './login-session.ts';
import { answerOf } from './redis-answer.ts';
import type { Sessions } from './sessions.ts';

/** {@link OneTimeStore} in Redis, for every replica. */
export class RedisOneTimeStore implements OneTimeStore {
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  async put(kind: OneTimeKind, secret: string, value: object, lifetimeMs: number): Promise<void> {
    await answerOf(this.#sessions, redis =>
      redis.set(keys.once(kind, secret), JSON.stringify(value), 'PX', lifetimeMs),
    );
  }

  async look(kind: OneTimeKind, secret: string): Promise<unknown> {
    return parsed(await answerOf(this.#sessions, redis => redis.get(keys.once(kind, secret))));
  }

  async take(kind: OneTimeKind, secret: string): Promise<unknown> {
    return parsed(await answerOf(this.#sessions, redis => redis.getdel(keys.once(kind, secret))));
  }

  async replace(kind: OneTimeKind, secret: string, value: object): Promise<boolean> {
    const answer = await answerOf(this.#sessions, redis =>
      redis.set(keys.once(kind, secret), JSON.stringify(value), 'KEEPTTL', 'XX'),
    );
    return answer === 'OK';
  }
}

const parsed = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));
