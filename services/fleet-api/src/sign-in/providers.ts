import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import type { AuthProvider } from '@drover/contracts';
import { authProviders, newObject } from '../resources/index.ts';
import type { SignInProvider } from './provider.ts';

/** What a provider is made of. */
export interface ProviderParts {
  readonly provider: AuthProvider;
  /** A secret of the provider's block, such as `clientSecret`; it lies encrypted, and is opened when it is needed. */
  readonly secret: (field: string) => Promise<string | undefined>;
  readonly clock: Clock;
}

/**
 * Makes the sign-in of one type of provider; what it answers is kept until the object changes. Undefined: the object lacks
 * the block of its type.
 */
export type ProviderMaker = (parts: ProviderParts) => SignInProvider | undefined;

/** An enabled provider, ready to sign people in. */
export interface OpenProvider {
  readonly object: AuthProvider;
  readonly signIn: SignInProvider;
}

/** The provider of the users that the hub keeps itself. */
export const localProvider = 'local';

interface Made {
  readonly object: AuthProvider;
  readonly signIn: SignInProvider;
}

/** The providers that are enabled at this moment. */
export class Providers {
  readonly #registry: Registry;
  readonly #makers: Readonly<Record<string, ProviderMaker>>;
  readonly #clock: Clock;
  readonly #secretOf: (provider: AuthProvider, field: string) => Promise<string | undefined>;
  readonly #made = new Map<string, Made>();

  constructor(parts: {
    readonly registry: Registry;
    readonly clock: Clock;
    readonly makers: Readonly<Record<string, ProviderMaker>>;
    readonly secretOf?: (provider: AuthProvider, field: string) => Promise<string | undefined>;
  }) {
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#makers = parts.makers;
    this.#secretOf = parts.secretOf ?? (async () => undefined);
  }

  /** Those that people sign in by, by name, the local one last. */
  list(): readonly OpenProvider[] {
    const found = this.#registry.list(authProviders);
    const all = found.some(({ metadata }) => metadata.name === localProvider) ? found : [...found, ownProvider];
    const names = new Set(all.map(({ metadata }) => metadata.name));
    for (const name of this.#made.keys()) if (!names.has(name)) this.#release(name);
    return all
      .flatMap(object => this.#open(object) ?? [])
      .sort((one, other) => Number(isLocal(one.object)) - Number(isLocal(other.object)));
  }

  /** An enabled provider; undefined where there is none of the name. */
  find(name: string): OpenProvider | undefined {
    const found = this.object(name);
    return found && this.#open(found);
  }

  /** The provider's object, enabled or not. */
  object(name: string): AuthProvider | undefined {
    return this.#registry.find(authProviders, name) ?? (name === localProvider ? ownProvider : undefined);
  }

  #open(object: AuthProvider): OpenProvider | undefined {
    const { name } = object.metadata;
    const maker = this.#makers[object.spec.type];
    const known = this.#made.get(name);
    // Another revision may be another server, or another secret.
    if (known?.object === object) return known;
    this.#release(name);
    if (object.spec.enabled !== true || maker === undefined) return undefined;
    const signIn = maker({ provider: object, secret: field => this.#secretOf(object, field), clock: this.#clock });
    if (signIn === undefined) return undefined;
    const made = { object, signIn };
    this.#made.set(name, made);
    return made;
  }

  /** Lets every provider go of its connections. */
  async close(): Promise<void> {
    const made = [...this.#made.values()];
    this.#made.clear();
    await Promise.allSettled(made.map(({ signIn }) => signIn[Symbol.asyncDispose]?.()));
  }

  /** What was made for an earlier revision ends what it has begun, and lets go of its connections. */
  #release(name: string): void {
    const signIn = this.#made.get(name)?.signIn;
    this.#made.delete(name);
    void Promise.resolve(signIn?.[Symbol.asyncDispose]?.()).catch(() => {});
  }
}

export const isLocal = (provider: AuthProvider): boolean => provider.spec.type === 'local';

/** What the local provider is while nothing is kept of it. */
const ownProvider: AuthProvider = {
  ...newObject('AuthProvider', localProvider),
  spec: { type: 'local', enabled: true, displayName: 'Drover account' },
};
