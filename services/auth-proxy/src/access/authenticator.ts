import type { Clock } from '@drover/async';
import type { Token, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { parseToken, secretEndMs } from '@drover/identity';
import type { HubView } from './hub-view.ts';
import type { TokenUses } from './token-uses.ts';

/** Who calls, and by which token. Both are the objects as they are stored now. */
export interface Caller {
  readonly user: User;
  readonly token: Token;
  /** The SHA-256 of what he showed: a token that was rotated has two secrets for a while. */
  readonly secretHash: string;
  /** Milliseconds since 1970; Infinity where the token does not expire. */
  readonly expiresAtMs: number;
}

/** A token that was compared, with what is read of it once. */
type KnownToken = Omit<Caller, 'user'>;

/** Bearer values whose hash was compared, so that a busy caller's is not computed for each request. */
const maxKnown = 20_000;
/** One space, as every client sends it: the header's text is a key of the cache, and must not be stretched. */
const scheme = /^Bearer ([^ ]{1,256})$/i;

/** Tells who a bearer token belongs to, from memory. */
export class Authenticator {
  readonly #view: Pick<HubView, 'token' | 'user' | 'lastHeardMs'>;
  readonly #clock: Clock;
  readonly #staleMs: number;
  /** `Authorization` value → the very object that it was compared with: a changed token is compared anew. */
  readonly #known = new Map<string, KnownToken>();

  readonly #uses: Pick<TokenUses, 'note'> | undefined;

  /** `staleMs`: silence of the hub's store after which nothing that it told is trusted any more. */
  constructor(
    view: Pick<HubView, 'token' | 'user' | 'lastHeardMs'>,
    clock: Clock,
    staleMs: number,
    uses?: Pick<TokenUses, 'note'>,
  ) {
    this.#view = view;
    this.#clock = clock;
    this.#staleMs = staleMs;
    this.#uses = uses;
  }

  /** @throws DroverError `unauthenticated`, `token-malformed`, `token-expired`, `user-disabled`, `authorization-stale` */
  authenticate(authorization: string | undefined): Caller {
    const now = this.#clock.now();
    if (now - this.#view.lastHeardMs() > this.#staleMs) throw new DroverError('authorization-stale');
    const { token, secretHash, expiresAtMs } = this.#tokenOf(authorization);
    if (!(now < expiresAtMs)) throw new DroverError('token-expired');
    const user = this.#view.user(token.spec.user);
    if (user === undefined) throw new DroverError('unauthenticated');
    if (user.spec.disabled)
      throw new DroverError('user-disabled', `user ${JSON.stringify(user.metadata.name)} is disabled`);
    this.#uses?.note(token.metadata.name, now);
    return { user, token, secretHash, expiresAtMs };
  }

  #tokenOf(authorization: string | undefined): KnownToken {
    if (authorization === undefined) throw new DroverError('unauthenticated');
    const known = this.#known.get(authorization);
    if (known !== undefined && this.#view.token(known.token.metadata.name) === known.token) return known;
    this.#known.delete(authorization);
    const bearer = scheme.exec(authorization)?.[1];
    if (bearer === undefined) throw new DroverError('unauthenticated', 'only bearer tokens are accepted here');
    const { kind, id, hash } = parseToken(bearer);
    const token = kind === 'drv' ? this.#view.token(id) : undefined;
    const expiresAtMs = token && secretEndMs(token, hash);
    if (token === undefined || expiresAtMs === undefined) throw new DroverError('unauthenticated');
    if (this.#known.size >= maxKnown) this.#known.delete(this.#known.keys().next().value ?? '');
    const fresh = { token, secretHash: hash, expiresAtMs };
    this.#known.set(authorization, fresh);
    return fresh;
  }
}
