import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { adminGroup, type Password, type Token, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { hashPassword, mintToken, secretOfToken, verifyDummyPassword, verifyPassword } from '@drover/identity';
import { addressKey } from '@drover/service-kit';
import type { RateLimits } from '@drover/sessions';
import { localProviderName } from '../access/local-provider.ts';
import { passwordMinLength, tokenMaxTtlSeconds } from '../domain/hub-settings.ts';
import { requireGoodPassword } from '../domain/password-policy.ts';
import { isPast, timestamp } from '../domain/timestamp.ts';
import { clusters, newObject, passwords, settings, tokens, users } from '../resources/index.ts';

/** Bounds of accounts and tokens. */
export const accountLimits = Object.freeze({
  /** A token that is made to be kept is good for so long unless it asks otherwise. */
  tokenTtlSeconds: 90 * 86_400,
  /** After a rotation the old secret is good for an hour unless it is asked otherwise, and for a week at most. */
  graceSeconds: 3600,
  maxGraceSeconds: 7 * 86_400,
  /** Tokens of one user that live at once; a script that logs in again and again ends here, and not in a full store. */
  maxTokensPerUser: 1000,
});

/** A token at the only moment when its secret is known. */
export interface IssuedToken {
  readonly token: string;
  /** The name of the Token object. */
  readonly name: string;
  readonly user: string;
  /** RFC 3339 */
  readonly expiresAt: string;
}

/** A token's text, and its object as it is to be stored. */
export interface TokenDraft {
  readonly token: string;
  readonly draft: Token & { spec: { expiresAt: string } };
}

/** What a token is for. */
export interface TokenWish {
  readonly description?: string;
  readonly ttlSeconds?: number;
  readonly clusters?: readonly string[];
  /** The AuthProvider that its maker signed in at. */
  readonly provider?: string;
}

/** What a password is for. */
export interface PasswordWish {
  /** Somebody else chose it: it opens nothing but its own change. */
  readonly mustChange?: boolean;
}

/** How a token is rotated. */
export interface RotationWish {
  readonly graceSeconds?: number;
  readonly ttlSeconds?: number;
}

/** A token's new secret. */
export interface RotatedToken extends IssuedToken {
  /** When the old secret ends, RFC 3339. */
  readonly previousUntil: string;
}

/** Local users, their passwords, and bearer tokens. */
export class Accounts {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #limits: RateLimits;

  constructor(registry: Registry, clock: Clock, limits: RateLimits) {
    this.#registry = registry;
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Whether an enabled user of this password is there. An unknown user, a user without a password, a disabled one and a
   * wrong password are the same answer after the same work (T13). How often it is asked is the caller's to limit.
   */
  async isPassword(username: string, password: string): Promise<boolean> {
    const user = this.#registry.find(users, username);
    const stored = this.#registry.find(passwords, username);
    const matches =
      stored === undefined ? await verifyDummyPassword(password) : await verifyPassword(password, stored.hash);
    return matches === true && user !== undefined && user.spec.disabled !== true;
  }

  /** Makes a token of the user. Throws `not-found`, `invalid`, `too-many-requests`. */
  async issue(username: string, wish: TokenWish = {}): Promise<IssuedToken> {
    const { token, draft } = this.draft(username, wish);
    await this.#registry.create(tokens, draft);
    return { token, name: draft.metadata.name, user: username, expiresAt: draft.spec.expiresAt };
  }

  /** A token that is yet to be stored. Throws as {@link issue}. */
  draft(username: string, wish: TokenWish = {}): TokenDraft {
    this.#registry.get(users, username);
    // A name that is free now must not be claimed before its cluster is there.
    for (const cluster of wish.clusters ?? []) this.#registry.get(clusters, cluster);
    const now = this.#clock.now();
    const live = this.#registry
      .list(tokens)
      .filter(({ spec }) => spec.user === username && !(spec.expiresAt !== undefined && isPast(spec.expiresAt, now)));
    if (live.length >= accountLimits.maxTokensPerUser) {
      throw new DroverError(
        'too-many-requests',
        `${username} has ${live.length} tokens; delete some: kubectl delete token NAME`,
      );
    }
    const { token, id, hash } = mintToken('drv');
    const expiresAt = timestamp(now + this.#ttlSeconds(wish.ttlSeconds) * 1000);
    const draft = {
      ...newObject('Token', id),
      spec: {
        user: username,
        expiresAt,
        ...(wish.description === undefined ? {} : { description: wish.description }),
        ...(wish.provider === undefined ? {} : { provider: wish.provider }),
        ...(wish.clusters === undefined ? {} : { clusters: [...wish.clusters] }),
      },
      hash,
    };
    return { token, draft };
  }

  /** The life of a token that asks for `wished`. Throws `invalid` where that is more than the hub allows. */
  #ttlSeconds(wished: number | undefined): number {
    const { seconds, set } = this.#maxTtl;
    if (wished === undefined) return Math.min(accountLimits.tokenTtlSeconds, seconds);
    if (wished <= seconds) return wished;
    const why = set === undefined ? '' : ` (Setting token-max-ttl: ${set})`;
    throw new DroverError('invalid', `a token of this hub is good for ${seconds} seconds at most${why}`);
  }

  get #maxTtl(): { readonly seconds: number; readonly set: string | undefined } {
    const set = this.#registry.find(settings, 'token-max-ttl')?.spec.value;
    return { seconds: tokenMaxTtlSeconds(set), set };
  }

  /**
   * Gives a token another secret; the old one is good for `graceSeconds` more, and one that was replaced before ends now.
   * The token ends when it did, or `ttlSeconds` from now. Throws `not-found`, `token-expired`, `invalid`.
   */
  async rotate(name: string, { graceSeconds, ttlSeconds }: RotationWish = {}): Promise<RotatedToken> {
    const now = this.#clock.now();
    const { token, hash } = secretOfToken('drv', name);
    const ends = ttlSeconds === undefined ? undefined : timestamp(now + this.#ttlSeconds(ttlSeconds) * 1000);
    const graceMs = Math.min(graceSeconds ?? accountLimits.graceSeconds, accountLimits.maxGraceSeconds) * 1000;
    const previousUntil = timestamp(now + graceMs);
    const rotated = await this.#registry.update(tokens, name, current => {
      const { expiresAt } = current.spec;
      if (expiresAt !== undefined && isPast(expiresAt, now)) {
        throw new DroverError('token-expired', `token ${name} ended at ${expiresAt}; make a new one`);
      }
      return {
        ...current,
        spec: { ...current.spec, ...(ends === undefined ? {} : { expiresAt: ends }) },
        hash,
        previousHash: current.hash,
        previousUntil,
      };
    });
    await this.#registry.update(
      tokens,
      name,
      current => ({ ...current, status: { ...current.status, rotatedAt: timestamp(now) } }),
      { part: 'status' },
    );
    const { user, expiresAt = '' } = rotated.spec;
    return { token, name, user, expiresAt, previousUntil };
  }

  /**
   * Makes a user with a password. `mustChange`: he gives another before anything else. Throws `already-exists`, `invalid`.
   */
  async createUser(
    username: string,
    password: string,
    groups?: readonly string[],
    { mustChange = false }: PasswordWish = {},
  ): Promise<User> {
    const hash = await hashPassword(this.#goodPassword(username, password));
    const draft: User = { ...newObject('User', username), spec: groups === undefined ? {} : { groups: [...groups] } };
    const user = await this.#registry.create(users, draft);
    await this.#registry.create(passwords, withHash(newObject('Password', username), hash, mustChange));
    return user;
  }

  /** Gives a user another password, or a first one. Throws `not-found`, `invalid`. */
  async setPassword(username: string, password: string, { mustChange = false }: PasswordWish = {}): Promise<void> {
    this.#registry.get(users, username);
    const hash = await hashPassword(this.#goodPassword(username, password));
    if (this.#registry.find(passwords, username) === undefined) {
      await this.#registry.create(passwords, withHash(newObject('Password', username), hash, mustChange));
    } else await this.#registry.update(passwords, username, current => withHash(current, hash, mustChange));
  }

  /** Whether the user has to give another password before he is let in. */
  mustChangePassword(username: string): boolean {
    return this.#registry.find(passwords, username)?.mustChange !== undefined;
  }

  /** Another password for one that was found right. Throws `invalid`, where it is the same again too. */
  async changePassword(username: string, current: string, next: string): Promise<void> {
    if (next === current) throw new DroverError('invalid', 'the new password is the old one');
    await this.setPassword(username, next);
  }

  #goodPassword(username: string, password: string): string {
    const set = this.#registry.find(settings, 'password-min-length')?.spec.value;
    return requireGoodPassword(password, username, passwordMinLength(set));
  }

  /** Whether it is the user's password; a failure counts as one of a sign-in. Throws `too-many-requests`. */
  async knowsPassword(username: string, password: string, source: string): Promise<boolean> {
    const tried = { provider: localProviderName, account: username, address: addressKey(source) };
    return this.#limits.run(tried, async () => {
      const stored = this.#registry.find(passwords, username);
      return stored !== undefined && (await verifyPassword(password, stored.hash));
    });
  }

  /** Makes the first administrator, or gives him the password that he lacks. Returns whether there was something to do. */
  async bootstrapAdmin(password: string): Promise<boolean> {
    if (this.#registry.find(users, 'admin') === undefined) await this.createUser('admin', password, [adminGroup]);
    else if (this.#registry.find(passwords, 'admin') === undefined) await this.setPassword('admin', password);
    else return false;
    return true;
  }
}

const withHash = (password: Omit<Password, 'hash'>, hash: string, mustChange: boolean): Password => {
  const { mustChange: _, ...kept } = password;
  return { ...kept, hash, ...(mustChange ? { mustChange: 'true' } : {}) };
};
