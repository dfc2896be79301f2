import type { Registry } from '@drover/apiserver';
import { type Clock, every } from '@drover/async';
import type { AuthProvider, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { SecretRing } from '@drover/identity';
import type { LoginSession, LoginSessionStore } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import { durationSettings } from '../domain/duration-settings.ts';
import { isPast, timestamp } from '../domain/timestamp.ts';
import type { HubSettings } from '../operations/hub-settings.ts';
import { tokens, users } from '../resources/index.ts';
import { requireAccess } from './access-modes.ts';
import type { LoginSessions } from './login-sessions.ts';
import type { ProviderIdentity } from './provider.ts';
import type { ProviderStatus } from './provider-status.ts';
import type { OpenProvider, Providers } from './providers.ts';
import { providerSignal, sealedFor } from './sign-in.ts';

/** Who is due is looked for so often. */
const sweepPeriodMs = 60_000;

interface Parts {
  readonly registry: Registry;
  readonly providers: Pick<Providers, 'find'>;
  readonly status: ProviderStatus;
  readonly sessions: Pick<LoginSessions, 'ofUser' | 'end'>;
  readonly store: Pick<LoginSessionStore, 'keepRefreshSecret'>;
  readonly secrets: SecretRing;
  readonly settings: HubSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Known = NonNullable<NonNullable<User['status']>['identities']>[number];

/** Another replica asks about this identity, or has just done so. */
class Taken extends Error {}

/**
 * Asks providers anew about those who are signed in: their groups follow, and sessions of whom the provider knows no more,
 * or lets in no more, end. While a provider is away everybody goes on.
 */
export class GroupRefresh {
  readonly #parts: Parts;
  /** Identities with nothing to ask for or by, and when that was seen; who signs in again is another object. */
  readonly #idle = new WeakMap<Known, number>();
  #cancel: () => void = () => {};
  #sweeping: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    this.#cancel = every(this.#parts.clock, sweepPeriodMs, () => {
      this.#sweeping ??= this.sweep()
        .catch(error => this.#parts.logger.warn({ err: error }, 'the refresh of groups failed; it is tried again'))
        .finally(() => {
          this.#sweeping = undefined;
        });
    });
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#sweeping;
  }

  /** Everybody who is due. */
  async sweep(): Promise<void> {
    const { registry, settings, clock } = this.#parts;
    const { setting, ...bounds } = durationSettings.groupRefresh;
    const due = clock.now() - settings.durationMs(setting, bounds);
    const away = new Set<string>();
    for (const user of registry.list(users)) {
      for (const known of user.status?.identities ?? []) {
        const isDue = known.refreshedAt === undefined || isPast(known.refreshedAt, due);
        // One that does not answer is not waited for again and again.
        if (!isDue || user.spec.disabled === true || away.has(known.provider)) continue;
        if ((this.#idle.get(known) ?? 0) > due) continue;
        const outcome = await this.#refresh(user.metadata.name, known);
        if (outcome === 'away') away.add(known.provider);
        if (outcome === 'idle') this.#idle.set(known, clock.now());
      }
    }
  }

  /** One user, at once. Throws `not-found`, `provider-unavailable`. */
  async refreshUser(name: string): Promise<void> {
    const { registry } = this.#parts;
    for (const known of registry.get(users, name).status?.identities ?? []) {
      if ((await this.#refresh(name, known)) !== 'away') continue;
      throw new DroverError('provider-unavailable', `the provider ${known.provider} does not answer`);
    }
  }

  async #refresh(user: string, known: Known): Promise<'done' | 'idle' | 'away'> {
    const { providers, sessions, logger } = this.#parts;
    const provider = providers.find(known.provider);
    if (provider === undefined) return 'done';
    const { name } = provider.object.metadata;
    try {
      const all = await sessions.ofUser(user);
      const own = all.filter(one => one.provider === name && one.subject === known.subject);
      if (!this.#canAsk(user, provider, own)) return 'idle';
      await this.#claim(user, known);
      const identity = await this.#ask(provider, known, own);
      if (identity === 'gone') {
        logger.info({ user, provider: name }, 'the provider knows the user no more');
        await this.#endAll(user, provider.object, known, own);
      } else await this.#told(user, provider.object, known, own, identity);
      return 'done';
    } catch (error) {
      if (error instanceof Taken) return 'done';
      logger.warn({ err: error, user, provider: name }, 'the provider could not be asked about a user');
      return DroverError.from(error).code === 'provider-unavailable' ? 'away' : 'done';
    }
  }

  /** Who has no session and no token needs no rights; and some providers tell nothing without a session's secret. */
  #canAsk(user: string, { signIn }: OpenProvider, own: readonly LoginSession[]): boolean {
    if (signIn.kind === 'redirect') return own.some(({ refreshSecret }) => refreshSecret !== undefined);
    return own.length > 0 || this.#parts.registry.list(tokens).some(({ spec }) => spec.user === user);
  }

  /** Of many replicas one asks: a refresh token that is used twice counts as stolen. */
  async #claim(user: string, known: Known): Promise<void> {
    const { registry, clock } = this.#parts;
    const isIt = (one: Known): boolean => one.provider === known.provider && one.subject === known.subject;
    const claim = (current: User): User => {
      const identities = current.status?.identities ?? [];
      if (identities.find(isIt)?.refreshedAt !== known.refreshedAt) throw new Taken();
      const refreshedAt = timestamp(clock.now());
      const claimed = identities.map(one => (isIt(one) ? { ...one, refreshedAt } : one));
      return { ...current, status: { ...current.status, identities: claimed } };
    };
    await registry.update(users, user, claim, { part: 'status' });
  }

  /** By the newest session's secret that is still good; a session whose secret is not, ends. */
  async #ask(
    { signIn }: OpenProvider,
    { subject, username }: Known,
    own: readonly LoginSession[],
  ): Promise<ProviderIdentity | 'gone'> {
    const { secrets, sessions, store } = this.#parts;
    if (signIn.kind === 'password') return signIn.refresh({ subject, username, signal: providerSignal() });
    for (const session of own) {
      if (session.refreshSecret === undefined) continue;
      const refreshSecret = secrets.open(session.refreshSecret, sealedFor.refresh);
      const identity = await signIn.refresh({ subject, refreshSecret, signal: providerSignal() });
      if (identity === 'gone') {
        await sessions.end(session);
        continue;
      }
      if (identity.refreshSecret !== undefined && identity.refreshSecret !== refreshSecret) {
        await store.keepRefreshSecret(session.id, secrets.seal(identity.refreshSecret, sealedFor.refresh));
      }
      return identity;
    }
    return 'gone';
  }

  async #told(
    user: string,
    provider: AuthProvider,
    known: Known,
    own: readonly LoginSession[],
    identity: ProviderIdentity,
  ): Promise<void> {
    const { status, clock, logger } = this.#parts;
    try {
      requireAccess(provider, identity, user);
    } catch (error) {
      logger.info({ user, provider: provider.metadata.name, err: error }, 'the provider lets the user in no more');
      return this.#endAll(user, provider, known, own);
    }
    await status.write(user, provider, identity, clock.now(), false);
  }

  async #endAll(user: string, provider: AuthProvider, known: Known, own: readonly LoginSession[]): Promise<void> {
    await this.#parts.status.forget(user, provider.metadata.name, known.subject);
    for (const session of own) await this.#parts.sessions.end(session);
  }
}
