import { createHash } from 'node:crypto';
import type { ApiObject, Registry, ResourceType } from '@drover/apiserver';
import type { AuthProvider, Identity, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import {
  clusterRoleTemplateBindings,
  globalRoleBindings,
  identities,
  newObject,
  projectRoleTemplateBindings,
  users,
} from '../resources/index.ts';
import type { ProviderIdentity } from './provider.ts';
import { userNames } from './user-names.ts';

type RoleBinding = ApiObject & { spec: { user?: string } };
const bindingTypes = [globalRoleBindings, clusterRoleTemplateBindings, projectRoleTemplateBindings] as const;

/**
 * Which user of the hub a provider's subject is. Never by a name or an e-mail address (T10): who signs in for the first time
 * is a new user, whatever he is called, until somebody links him to another.
 */
export class Identities {
  readonly #registry: Registry;
  readonly #logger: Logger;
  readonly #making = new Map<string, Promise<User>>();

  constructor(registry: Registry, logger: Logger) {
    this.#registry = registry;
    this.#logger = logger;
  }

  /** The user, as far as he is known. */
  find(provider: AuthProvider, subject: string): User | undefined {
    const found = this.#registry.find(identities, nameOf(provider, subject));
    return found && this.#userOf(found);
  }

  /** The user; made at the first sign-in. Throws `store-unavailable`. */
  async userOf(provider: AuthProvider, identity: ProviderIdentity): Promise<User> {
    const name = nameOf(provider, identity.subject);
    const known = this.find(provider, identity.subject);
    if (known !== undefined) return known;
    const running = this.#making.get(name) ?? this.#make(provider, identity);
    this.#making.set(name, running);
    try {
      return await running;
    } finally {
      this.#making.delete(name);
    }
  }

  /** Makes the subject be this user from now on. Throws `already-exists` where it is another. */
  async link(provider: AuthProvider, subject: string, user: User): Promise<void> {
    const name = nameOf(provider, subject);
    const found = this.#registry.find(identities, name);
    const known = found && this.#userOf(found);
    if (known?.metadata.uid === user.metadata.uid) return;
    if (known !== undefined) {
      const who = `${JSON.stringify(subject)} of the provider ${provider.metadata.name}`;
      throw new DroverError('already-exists', `${who} is the user ${known.metadata.name} already`);
    }
    if (found !== undefined) await this.#registry.delete(identities, name); // of a user who is gone
    await this.#registry.create(identities, identityOf(provider, subject, user));
  }

  /** Of a user: no subject is he any more. */
  async forget(user: string): Promise<void> {
    for (const { metadata, spec } of this.#registry.list(identities)) {
      if (spec.user !== user) continue;
      await this.#registry.delete(identities, metadata.name).catch(unlessCode('not-found'));
    }
  }

  #userOf({ spec }: Identity): User | undefined {
    const user = this.#registry.find(users, spec.user);
    return user?.metadata.uid === spec.userUid ? user : undefined;
  }

  async #make(provider: AuthProvider, identity: ProviderIdentity): Promise<User> {
    const user = await this.#newUser(provider, identity);
    try {
      await this.link(provider, identity.subject, user);
      this.#logger.info({ user: user.metadata.name, provider: provider.metadata.name }, 'user made at first sign-in');
      return user;
    } catch (error) {
      // Another replica was quicker: its user is the one, and this one was nobody yet.
      const preconditions = { uid: user.metadata.uid };
      await this.#registry.delete(users, user.metadata.name, { preconditions }).catch(unlessCode('not-found'));
      const winner = this.find(provider, identity.subject);
      if (winner !== undefined) return winner;
      throw error;
    }
  }

  async #newUser(provider: AuthProvider, { username, displayName }: ProviderIdentity): Promise<User> {
    const spec = displayName === undefined ? {} : { displayName: displayName.slice(0, 253) };
    for (const name of userNames(username, provider.metadata.name)) {
      if (this.#registry.find(users, name) !== undefined || this.#isBound(name)) continue;
      try {
        return await this.#registry.create(users, { ...newObject('User', name), spec });
      } catch (error) {
        if (DroverError.from(error).code !== 'already-exists') throw error;
      }
    }
    throw new DroverError('conflict', `no name is free for ${JSON.stringify(username)}`);
  }

  /** Whether roles wait for a user of the name, which are meant for somebody, and not for whoever is called so elsewhere. */
  #isBound(name: string): boolean {
    return bindingTypes.some(type =>
      this.#registry.list<RoleBinding>(type as ResourceType<RoleBinding>).some(({ spec }) => spec.user === name),
    );
  }
}

/** By the provider's uid: another provider of the name knows other people (CVE-2025-23389 was such a mix-up). */
const nameOf = ({ metadata }: AuthProvider, subject: string): string =>
  createHash('sha256').update(`${metadata.uid}\n${subject}`).digest('hex').slice(0, 40);

const identityOf = (provider: AuthProvider, subject: string, { metadata }: User): Identity => ({
  ...newObject('Identity', nameOf(provider, subject)),
  spec: {
    provider: provider.metadata.name,
    providerUid: provider.metadata.uid,
    subject,
    user: metadata.name,
    userUid: metadata.uid,
  },
});

const unlessCode =
  (code: DroverError['code']) =>
  (error: unknown): void => {
    if (DroverError.from(error).code !== code) throw error;
  };
