import type { Registry } from '@drover/apiserver';
import type { AuthProvider, User } from '@drover/contracts';
import { checkCarriable } from '@drover/identity';
import type { Logger } from '@drover/telemetry';
import { timestamp } from '../domain/timestamp.ts';
import { users } from '../resources/index.ts';
import type { ProviderIdentity } from './provider.ts';
import { isLocal } from './providers.ts';

type Status = NonNullable<User['status']>;
type KnownIdentity = NonNullable<Status['identities']>[number];

/** What providers say of users, in `status`: it counts beside what `spec` says, and a provider can never write that. */
export class ProviderStatus {
  readonly #registry: Registry;
  readonly #logger: Logger;

  constructor(registry: Registry, logger: Logger) {
    this.#registry = registry;
    this.#logger = logger;
  }

  /** Writes what the provider says of the user now. `signedIn`: he has just signed in. Throws `identity-unsafe`. */
  async write(
    user: string,
    provider: AuthProvider,
    identity: ProviderIdentity,
    nowMs: number,
    signedIn: boolean,
  ): Promise<User> {
    const { name } = provider.metadata;
    const said = isLocal(provider) ? undefined : this.#said(user, name, identity, nowMs);
    return this.#change(user, status => {
      const others = (status.identities ?? []).filter(one => one.provider !== name || one.subject !== identity.subject);
      const identities = said === undefined ? others : [...others, said];
      const next = withIdentities(status, identities);
      checkCarriable(user, next.groups ?? []);
      return signedIn ? { ...next, lastLogin: timestamp(nowMs) } : next;
    });
  }

  /** The provider knows the subject no more: what it said of the user counts no more. */
  async forget(user: string, provider: string, subject: string): Promise<void> {
    await this.#change(user, status => {
      const left = (status.identities ?? []).filter(one => one.provider !== provider || one.subject !== subject);
      return withIdentities(status, left);
    });
  }

  #change(user: string, change: (status: Status) => Status): Promise<User> {
    return this.#registry.update(users, user, current => ({ ...current, status: change(current.status ?? {}) }), {
      part: 'status',
    });
  }

  /** A group whose name no header carries gives no right anywhere; it is left out, and the others count. */
  #said(user: string, provider: string, identity: ProviderIdentity, nowMs: number): KnownIdentity {
    const { subject, username, displayName, email } = identity;
    const groups = [...new Set(identity.groups)].filter(group => {
      try {
        checkCarriable(user, [`${provider}:${group}`]);
        return true;
      } catch (error) {
        this.#logger.warn({ user, provider, group, err: error }, 'a group of the provider cannot be used');
        return false;
      }
    });
    return {
      provider,
      subject,
      username,
      ...(displayName === undefined ? {} : { displayName }),
      ...(email === undefined ? {} : { email }),
      groups: groups.sort(),
      refreshedAt: timestamp(nowMs),
    };
  }
}

function withIdentities(status: Status, identities: readonly KnownIdentity[]): Status {
  const groups = identities.flatMap(({ provider, groups: said = [] }) => said.map(group => `${provider}:${group}`));
  return { ...status, identities: [...identities], groups: [...new Set(groups)].sort() };
}
