import { AttemptLimiter, type Clock } from '@drover/async';
import type { AuthProvider, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { SecretRing } from '@drover/identity';
import type { Logger } from '@drover/telemetry';
import { requireAccess } from './access-modes.ts';
import type { Identities } from './identities.ts';
import type { IssuedSession, LoginSessions, Visitor } from './login-sessions.ts';
import type { PasswordProvider, ProviderIdentity } from './provider.ts';
import type { ProviderStatus } from './provider-status.ts';
import { isLocal, localProvider, type OpenProvider, type Providers } from './providers.ts';

/** Passwords tried on one account of a provider: ten in five minutes; a few MB remember as many accounts as this. */
const passwordAttempts = { maxFailures: 10, windowMs: 5 * 60_000, maxKeys: 20_000 };
/** A provider that takes longer counts as one that does not answer. */
const providerTimeoutMs = 15_000;

interface Parts {
  readonly providers: Providers;
  readonly identities: Identities;
  readonly status: ProviderStatus;
  readonly sessions: LoginSessions;
  readonly secrets: SecretRing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly userOf: (name: string) => User | undefined;
}

/** What the sealed secrets in a session's record are for. */
export const sealedFor = Object.freeze({ refresh: 'session refresh', logout: 'session logout' });

/** A name and a password, and by which provider; absent: the local one. */
export interface PasswordAnswer {
  readonly provider?: string | undefined;
  readonly username: string;
  readonly password: string;
  readonly lifetimeMs?: number | undefined;
}

/** How people become users of the hub with a session, whichever way they come. */
export class SignIn {
  readonly #parts: Parts;
  readonly #attempts: AttemptLimiter;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#attempts = new AttemptLimiter(parts.clock, passwordAttempts);
  }

  /**
   * By a password. What is wrong with it is one answer (T13). Throws `unauthenticated`, `too-many-requests`, `forbidden`,
   * `user-disabled`, `provider-unavailable`, `sessions-unavailable`.
   */
  async byPassword(answer: PasswordAnswer, visitor: Visitor): Promise<IssuedSession> {
    const { provider, identity } = await this.identify(answer);
    return this.byIdentity(provider, identity, visitor, answer.lifetimeMs);
  }

  /** Who it is by a password, with no session. Throws as {@link byPassword}. */
  async identify({
    provider = localProvider,
    username,
    password,
  }: PasswordAnswer): Promise<{ provider: AuthProvider; identity: ProviderIdentity }> {
    const open = this.requireProvider(provider);
    const { signIn, object } = open;
    if (signIn.kind !== 'password') {
      throw new DroverError('invalid', `the provider ${provider} takes no passwords; sign in by the browser`);
    }
    const identity = await this.#verified(open, signIn, username, password);
    if (identity === undefined) throw new DroverError('unauthenticated', 'the user or the password is wrong');
    return { provider: object, identity };
  }

  /** By what a provider says of him. Throws `forbidden`, `user-disabled`, `sessions-unavailable`. */
  async byIdentity(
    provider: AuthProvider,
    identity: ProviderIdentity,
    visitor: Visitor,
    lifetimeMs?: number,
  ): Promise<IssuedSession> {
    const { identities, status, sessions, secrets, clock } = this.#parts;
    const { name } = provider.metadata;
    const known = isLocal(provider)
      ? this.#parts.userOf(identity.subject)
      : identities.find(provider, identity.subject);
    requireAccess(provider, identity, known?.metadata.name);
    if (known?.spec.disabled === true) {
      throw new DroverError('user-disabled', `user ${JSON.stringify(known.metadata.name)} is disabled`);
    }
    const user = known ?? (await identities.userOf(provider, identity));
    await status.write(user.metadata.name, provider, identity, clock.now(), true);
    const { refreshSecret, logoutHint } = identity;
    const issued = await sessions.begin({
      user,
      provider: name,
      subject: identity.subject,
      visitor,
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
      ...(refreshSecret === undefined ? {} : { refreshSecret: secrets.seal(refreshSecret, sealedFor.refresh) }),
      ...(logoutHint === undefined ? {} : { logoutHint: secrets.seal(logoutHint, sealedFor.logout) }),
    });
    const about = { user: issued.user, provider: name, session: issued.id, source: visitor.source };
    this.#parts.logger.info(about, 'signed in');
    return issued;
  }

  /** Makes whom the provider speaks of be this user. Throws `forbidden`, `already-exists`. */
  async link(user: User, provider: AuthProvider, identity: ProviderIdentity): Promise<void> {
    requireAccess(provider, identity, user.metadata.name);
    await this.#parts.identities.link(provider, identity.subject, user);
    const now = this.#parts.clock.now();
    await this.#parts.status.write(user.metadata.name, provider, identity, now, false);
    this.#parts.logger.info({ user: user.metadata.name, provider: provider.metadata.name }, 'identity linked');
  }

  /** An enabled provider. Throws `not-found`. */
  requireProvider(name: string): OpenProvider {
    const found = this.#parts.providers.find(name);
    if (found !== undefined) return found;
    throw new DroverError('not-found', `no provider ${JSON.stringify(name)} is enabled on this hub`);
  }

  /** The local provider counts attempts by itself, with changes of passwords. */
  async #verified(
    { object }: OpenProvider,
    signIn: PasswordProvider,
    username: string,
    password: string,
  ): Promise<ProviderIdentity | undefined> {
    const verify = (): Promise<ProviderIdentity | undefined> =>
      signIn.verify({ username, password, signal: providerSignal() });
    if (isLocal(object)) return verify();
    let identity: ProviderIdentity | undefined;
    await this.#attempts.run(`${object.metadata.name} ${username.toLowerCase()}`, async () => {
      identity = await verify();
      return identity !== undefined;
    });
    return identity;
  }
}

/** How long a provider may take. */
export const providerSignal = (): AbortSignal => AbortSignal.timeout(providerTimeoutMs);
