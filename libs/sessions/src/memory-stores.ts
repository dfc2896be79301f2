import type { Clock } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { LoginSession, LoginSessionStore, OneTimeKind, OneTimeStore } from './login-session.ts';

/** Login sessions and one-time secrets in memory by a test's clock; `away` is Redis that cannot be reached. */
export class MemoryStores implements LoginSessionStore, OneTimeStore {
  away = false;
  readonly #clock: Clock;
  readonly #logins = new Map<string, LoginSession>();
  readonly #once = new Map<string, { value: object; endsAtMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All is lost, as a Redis that starts again empty. */
  clear(): void {
    this.#logins.clear();
    this.#once.clear();
  }

  async create(session: LoginSession): Promise<void> {
    this.#require();
    this.#logins.set(session.id, session);
  }

  async find(id: string): Promise<LoginSession | undefined> {
    return this.#live().find(session => session.id === id);
  }

  async touch(id: string, seenAtMs: number): Promise<void> {
    const found = await this.find(id);
    if (found !== undefined) this.#logins.set(id, { ...found, seenAtMs: Math.max(seenAtMs, found.seenAtMs) });
  }

  async keepRefreshSecret(id: string, refreshSecret: string | undefined): Promise<void> {
    const found = await this.find(id);
    if (found === undefined) return;
    const { refreshSecret: _, ...rest } = found;
    this.#logins.set(id, refreshSecret === undefined ? rest : { ...rest, refreshSecret });
  }

  async end(id: string): Promise<void> {
    this.#require();
    this.#logins.delete(id);
  }

  async ofUser(user: string): Promise<readonly LoginSession[]> {
    return this.#live()
      .filter(session => session.user === user)
      .sort((one, other) => other.startedAtMs - one.startedAtMs);
  }

  async seenBefore(ms: number, limit: number): Promise<readonly LoginSession[]> {
    return this.#live()
      .filter(session => session.seenAtMs < ms)
      .sort((one, other) => one.seenAtMs - other.seenAtMs)
      .slice(0, limit);
  }

  async put(kind: OneTimeKind, secret: string, value: object, lifetimeMs: number): Promise<void> {
    this.#require();
    this.#once.set(`${kind} ${secret}`, { value, endsAtMs: this.#clock.now() + lifetimeMs });
  }

  async look(kind: OneTimeKind, secret: string): Promise<unknown> {
    this.#require();
    const found = this.#once.get(`${kind} ${secret}`);
    return found !== undefined && this.#clock.now() < found.endsAtMs ? structuredClone(found.value) : undefined;
  }

  async take(kind: OneTimeKind, secret: string): Promise<unknown> {
    const found = await this.look(kind, secret);
    this.#once.delete(`${kind} ${secret}`);
    return found;
  }

  async replace(kind: OneTimeKind, secret: string, value: object): Promise<boolean> {
    if ((await this.look(kind, secret)) === undefined) return false;
    const found = this.#once.get(`${kind} ${secret}`);
    if (found !== undefined) this.#once.set(`${kind} ${secret}`, { ...found, value });
    return found !== undefined;
  }

  #live(): LoginSession[] {
    this.#require();
    return [...this.#logins.values()].filter(session => this.#clock.now() < session.endsAtMs);
  }

  #require(): void {
    if (this.away) throw new DroverError('sessions-unavailable');
  }
}
