import type { Clock } from '@drover/async';
import type { Token } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { looksLikeJws, parseToken, type SessionVerifier, secretEndMs } from '@drover/identity';
import { type Caller, type Credential, credentialOfSession, credentialOfToken } from './credential.ts';
import type { HubView } from './hub-view.ts';
import { requireStanding } from './standing.ts';
import type { TokenUses } from './token-uses.ts';

/** What a caller may show. A header counts before a cookie. */
export interface Shown {
  /** The value of `Authorization`. */
  readonly authorization?: string | undefined;
  /** The browser's session cookie. */
  readonly sessionCookie?: string | undefined;
}

/** A credential that was verified, with the Token that it was compared with; a changed one is compared anew. */
interface Known {
  readonly credential: Credential;
  readonly token: Token | undefined;
  /** The key that signed it; one that is retired verifies no more. */
  readonly kid?: string;
}

/** Values whose hash or signature was verified, so that it is not computed for each request. */
const maxKnown = 20_000;
/** One space, as every client sends it: the header's text is a key of the cache, and must not be stretched. */
const scheme = /^Bearer ([^ ]{1,2048})$/i;

export interface AuthenticatorOptions {
  readonly view: Pick<HubView, 'token' | 'user' | 'provider' | 'sessionEnded' | 'lastHeardMs'>;
  readonly sessions: SessionVerifier;
  readonly clock: Clock;
  /** Silence of the hub's store after which nothing that it told is trusted any more. */
  readonly staleMs: number;
  readonly uses?: Pick<TokenUses, 'note'>;
}

/** Tells who a credential belongs to, from memory. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** @throws DroverError `unauthenticated`, `token-malformed`, `token-expired`, `user-disabled`, `authorization-stale` */
  authenticate({ authorization, sessionCookie }: Shown): Caller {
    const { view, clock, staleMs, uses } = this.#options;
    const now = clock.now();
    if (now - view.lastHeardMs() > staleMs) throw new DroverError('authorization-stale');
    const credential = this.#credentialOf(authorization, sessionCookie, now);
    if (!(now < credential.expiresAtMs)) throw new DroverError('token-expired');
    const user = requireStanding(credential, view);
    if (credential.kind === 'token') uses?.note(credential.id, now);
    return { user, credential };
  }

  #credentialOf(authorization: string | undefined, sessionCookie: string | undefined, now: number): Credential {
    const shown = authorization ?? sessionCookie;
    if (shown === undefined) throw new DroverError('unauthenticated');
    // A session's credential in a header is no key of a cookie's entry: neither may stand for the other.
    const key = authorization ?? `cookie ${sessionCookie}`;
    const known = this.#known.get(key);
    if (known !== undefined && this.#isCurrent(known, now)) return known.credential;
    this.#known.delete(key);
    const fresh = authorization === undefined ? this.#session('session', shown, now) : this.#bearer(authorization, now);
    if (this.#known.size >= maxKnown) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(key, fresh);
    return fresh.credential;
  }

  #isCurrent({ token, kid }: Known, now: number): boolean {
    if (kid !== undefined) return this.#options.sessions.trusts(kid, now);
    return token === undefined || this.#options.view.token(token.metadata.name) === token;
  }

  #bearer(authorization: string, now: number): Known {
    const bearer = scheme.exec(authorization)?.[1];
    if (bearer === undefined) throw new DroverError('unauthenticated', 'only bearer tokens are accepted here');
    if (looksLikeJws(bearer)) return this.#session('access', bearer, now);
    const { kind, id, hash } = parseToken(bearer);
    const token = kind === 'drv' ? this.#options.view.token(id) : undefined;
    const expiresAtMs = token && secretEndMs(token, hash);
    if (token === undefined || expiresAtMs === undefined) throw new DroverError('unauthenticated');
    return { credential: credentialOfToken(token, hash, expiresAtMs), token };
  }

  #session(kind: 'access' | 'session', jws: string, now: number): Known {
    const verified = this.#options.sessions.verify(kind, jws, now);
    return { credential: credentialOfSession(verified), token: undefined, kid: verified.kid };
  }
}
