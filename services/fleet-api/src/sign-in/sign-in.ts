import type { Clock } from '@drover/async';
import type { AuthProvider, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { SecretRing } from '@drover/identity';
import { addressKey } from '@drover/service-kit';
import type { RateLimits } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import type { Accounts } from '../operations/accounts.ts';
import { requireAccess } from './access-modes.ts';
import type { Identities } from './identities.ts';
import type { IssuedSession, LoginSessions, Visitor } from './login-sessions.ts';
import type { PasswordProvider, ProviderIdentity } from './provider.ts';
import type { ProviderStatus } from './provider-status.ts';
import { isLocal, localProvider, type OpenProvider, type Providers } from './providers.ts';

/** A provider that takes longer counts as one that does not answer. */
const providerTimeoutMs = 15_000;

interface Parts {
  readonly providers: Providers;
  readonly identities: Identities;
  readonly status: ProviderStatus;
  readonly sessions: LoginSessions;
  readonly secrets: SecretRing;
  readonly limits: RateLimits;
  /** The passwords of the local provider's users. */
  readonly passwords: Pick<Accounts, 'mustChangePassword' | 'changePassword'>;
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
  /** Another password for the local user, from now on. */
  readonly newPassword?: string | undefined;
  readonly lifetimeMs?: number | undefined;
}

/** How people become users of the hub with a session, whichever way they come. */
export class SignIn {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * By a password. What is wrong with it is one answer (T13). Throws `unauthenticated`, `too-many-requests`, `forbidden`,
   * `user-disabled`, `password-change-required`, `invalid` (the new password), `provider-unavailable`,
   * `sessions-unavailable`.
   */
  async byPassword(answer: PasswordAnswer, visitor: Visitor): Promise<IssuedSession> {
    const { provider: name = localProvider, username } = answer;
    return told(visitor, name, username, async () => {
      const { provider, identity } = await this.#identify({ ...answer, provider: name }, visitor);
      await this.#renewPassword(provider, answer);
      return this.byIdentity(provider, identity, visitor, answer.lifetimeMs);
    });
  }

  /** A password that somebody else chose opens nothing but its own change. */
  async #renewPassword(provider: AuthProvider, { username, password, newPassword }: PasswordAnswer): Promise<void> {
    const { passwords } = this.#parts;
    if (newPassword === undefined) {
      if (isLocal(provider) && passwords.mustChangePassword(username))
        throw new DroverError('password-change-required');
    } else if (isLocal(provider)) await passwords.changePassword(username, password, newPassword);
    else throw new DroverError('invalid', `passwords of ${provider.metadata.name} are not the hub’s to change`);
  }

  async #identify(
    { provider, username, password }: PasswordAnswer & { readonly provider: string },
    visitor: Visitor,
  ): Promise<{ provider: AuthProvider; identity: ProviderIdentity }> {
    const open = this.requireProvider(provider);
    const { signIn, object } = open;
    if (signIn.kind !== 'password') {
      throw new DroverError('invalid', `the provider ${provider} takes no passwords; sign in by the browser`);
    }
    const identity = await this.#verified(open, signIn, { username, password }, visitor);
    if (identity === undefined) throw new DroverError('unauthenticated', 'the user or the password is wrong');
    return { provider: object, identity };
  }

  /** By what a provider says of him. Throws `forbidden`, `user-disabled`, `sessions-unavailable`. */
  byIdentity(
    provider: AuthProvider,
    identity: ProviderIdentity,
    visitor: Visitor,
    lifetimeMs?: number,
  ): Promise<IssuedSession> {
    return told(visitor, provider.metadata.name, identity.username, () =>
      this.#begin(provider, identity, visitor, lifetimeMs),
    );
  }

  async #begin(
    provider: AuthProvider,
    identity: ProviderIdentity,
    visitor: Visitor,
    lifetimeMs: number | undefined,
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

  async #verified(
    { object }: OpenProvider,
    signIn: PasswordProvider,
    { username, password }: { readonly username: string; readonly password: string },
    { source }: Visitor,
  ): Promise<ProviderIdentity | undefined> {
    let identity: ProviderIdentity | undefined;
    const tried = { provider: object.metadata.name, account: username, address: addressKey(source) };
    await this.#parts.limits.run(tried, async () => {
      identity = await signIn.verify({ username, password, signal: providerSignal() });
      return identity !== undefined;
    });
    return identity;
  }
}

/** Tells the audit how a sign-in went: who it is, or the name that was given and why not. */
async function told(
  visitor: Visitor,
  provider: string,
  account: string,
  run: () => Promise<IssuedSession>,
): Promise<IssuedSession> {
  try {
    const issued = await run();
    visitor.note?.({ action: 'sign-in', provider, account: issued.user, object: `sessions/${issued.id}` });
    return issued;
  } catch (error) {
    visitor.note?.({ action: 'sign-in-refused', provider, account, reason: DroverError.from(error).code });
    throw error;
  }
}

/** How long a provider may take. */
export const providerSignal = (): AbortSignal => AbortSignal.timeout(providerTimeoutMs);
