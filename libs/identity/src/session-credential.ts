import { createPublicKey } from 'node:crypto';
import { DroverError } from '@drover/errors';
import { createDecoder, createVerifier, TokenError } from 'fast-jwt';
import { type JWK, SignJWT } from 'jose';
import { isEd25519 } from './ed25519-jwk.ts';
import { isRetired, type PublicKeys, type SigningKeySource, SigningKeys } from './signing-key.ts';

/**
 * `access`: what a request carries, for minutes. `session`: what renews it, and a browser's cookie, until the session's end.
 * The `typ` of the JWS keeps them apart, and from every other token of the hub (RFC 8725 §3.11).
 */
export type SessionCredentialKind = 'access' | 'session';

const typeOf: Readonly<Record<SessionCredentialKind, string>> = {
  access: 'drover-access+jwt',
  session: 'drover-session+jwt',
};
const audience = 'drover';
/** The clocks of two replicas may differ by as much. */
const skewMs = 30_000;

/** What a session's credentials say. */
export interface SessionClaims {
  readonly user: string;
  /** Another user of the name is somebody else. */
  readonly userUid: string;
  readonly sessionId: string;
  /** The AuthProvider that the session began at. */
  readonly provider: string;
  /** When the user showed who he is, milliseconds since 1970; whole seconds. */
  readonly startedMs: number;
  /** Milliseconds since 1970; whole seconds. */
  readonly expiresAtMs: number;
  /** Clusters that it is good for; absent: all, and the hub. */
  readonly clusters?: readonly string[];
}

/**
 * Signs the credentials of sessions (EdDSA JWS with `kid`, RFC 8037). fleet-api alone holds its key.
 *
 * @example
 * const signer = await SessionSigner.create(await loadSigningKey('keys/session.json'), hubId);
 * const jws = await signer.sign('access', claims, Date.now());
 */
export class SessionSigner {
  readonly #keys: SigningKeys;
  readonly #hubId: string;

  private constructor(keys: SigningKeys, hubId: string) {
    this.#keys = keys;
    this.#hubId = hubId;
  }

  /** @throws DroverError `config-invalid`: the key is no private Ed25519 key */
  static async create(file: SigningKeySource, hubId: string): Promise<SessionSigner> {
    return new SessionSigner(await SigningKeys.create(file), hubId);
  }

  /** A credential that ends at `claims.expiresAtMs`. */
  async sign(kind: SessionCredentialKind, claims: SessionClaims, nowMs: number): Promise<string> {
    const { user, userUid, sessionId, provider, startedMs, expiresAtMs, clusters } = claims;
    const { kid, key } = await this.#keys.at(nowMs);
    return new SignJWT({
      uid: userUid,
      sid: sessionId,
      prv: provider,
      auth_time: Math.floor(startedMs / 1000),
      ...(clusters === undefined ? {} : { clusters }),
    })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: typeOf[kind] })
      .setIssuer(this.#hubId)
      .setAudience(audience)
      .setSubject(user)
      .setIssuedAt(Math.floor(nowMs / 1000))
      .setExpirationTime(Math.floor(expiresAtMs / 1000))
      .sign(key);
  }
}

/** What was verified, and by which key. */
export interface VerifiedSession extends SessionClaims {
  readonly kid: string;
}

type Verify = (jws: string) => Record<string, unknown>;
type VerifyingKey = Readonly<Record<SessionCredentialKind, Verify>> & { readonly jwk: JWK & { readonly kid: string } };

/**
 * Verifies the credentials of sessions, at once: a request that waits for nothing else must not wait for this. About
 * 0.1 ms, so whoever sees one often remembers it by value, until it expires.
 *
 * @example
 * const verifier = SessionVerifier.create(publicKeys, hubId);
 * const { user, sessionId } = verifier.verify('access', jws, Date.now());
 */
export class SessionVerifier {
  readonly #source: () => PublicKeys;
  readonly #hubId: string;
  #made: { readonly of: PublicKeys; readonly keys: ReadonlyMap<string, VerifyingKey> };

  private constructor(source: () => PublicKeys, hubId: string) {
    this.#source = source;
    this.#hubId = hubId;
    this.#made = verifyingKeys(source(), hubId);
  }

  /**
   * Every key of the set verifies until its `exp`, so that keys can be rotated; a function gives the keys as they are now.
   *
   * @throws DroverError `config-invalid`: there is none
   */
  static create(keys: PublicKeys | (() => PublicKeys), hubId: string): SessionVerifier {
    return new SessionVerifier(typeof keys === 'function' ? keys : () => keys, hubId);
  }

  /** @throws DroverError `unauthenticated`: not ours, not of this kind, or not whole; `token-expired` */
  verify(kind: SessionCredentialKind, jws: string, nowMs: number): VerifiedSession {
    const claims = this.#claimsOf(kind, jws, nowMs);
    if (nowMs >= claims.expiresAtMs) throw new DroverError('token-expired');
    return claims;
  }

  /** Whether a key still verifies: who remembers what it has signed asks again. */
  trusts(kid: string, nowMs: number): boolean {
    const key = this.#keys().get(kid);
    return key !== undefined && !isRetired(key.jwk, nowMs);
  }

  #keys(): ReadonlyMap<string, VerifyingKey> {
    const keys = this.#source();
    if (this.#made.of !== keys) this.#made = verifyingKeys(keys, this.#hubId);
    return this.#made.keys;
  }

  #claimsOf(kind: SessionCredentialKind, jws: string, nowMs: number): VerifiedSession {
    try {
      const { kid } = decodeHeader(jws);
      const key = typeof kid === 'string' && this.trusts(kid, nowMs) ? this.#keys().get(kid) : undefined;
      if (key === undefined) throw new TokenError(TokenError.codes.invalidKey, 'no key of the hub');
      return { ...readClaims(key[kind](jws)), kid: key.jwk.kid };
    } catch (cause) {
      throw new DroverError('unauthenticated', undefined, { cause });
    }
  }
}

function verifyingKeys(of: PublicKeys, hubId: string) {
  const usable = of.keys.filter(isEd25519);
  if (usable.length === 0) throw new DroverError('config-invalid', 'the set of session keys holds no Ed25519 key');
  const keys = usable.map((jwk): [string, VerifyingKey] => [
    jwk.kid,
    { jwk, access: verifyBy(jwk, 'access', hubId), session: verifyBy(jwk, 'session', hubId) },
  ]);
  return { of, keys: new Map(keys) };
}

/** Whether it looks like a JWS in the compact form, and not like a token `drv_…`. */
export const looksLikeJws = (text: string): boolean => text.startsWith('eyJ');

const decode = createDecoder({ complete: true });
const decodeHeader = (jws: string): Record<string, unknown> =>
  (decode(jws) as { readonly header: Record<string, unknown> }).header;

function verifyBy(jwk: JWK & { kid: string }, kind: SessionCredentialKind, hubId: string): Verify {
  return createVerifier({
    key: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
    algorithms: ['EdDSA'], // RFC 8725 §3.1: neither `none` nor HS256 by the public key
    checkTyp: typeOf[kind],
    allowedIss: hubId,
    allowedAud: audience,
    requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp'],
    ignoreExpiration: true, // looked at with the caller's clock
  }) as Verify;
}

function readClaims(payload: Record<string, unknown>): SessionClaims {
  const { sub, aud, uid, sid, prv, auth_time, iat, exp, clusters } = payload;
  if (
    aud !== audience || // and not one of several
    typeof sub !== 'string' ||
    typeof uid !== 'string' ||
    typeof sid !== 'string' ||
    typeof prv !== 'string' ||
    typeof auth_time !== 'number' ||
    typeof iat !== 'number' ||
    typeof exp !== 'number' ||
    !(auth_time * 1000 <= iat * 1000 + skewMs) ||
    !(clusters === undefined || isNames(clusters))
  ) {
    throw new TokenError(TokenError.codes.invalidClaimValue, 'a claim is missing');
  }
  return {
    user: sub,
    userUid: uid,
    sessionId: sid,
    provider: prv,
    startedMs: auth_time * 1000,
    expiresAtMs: exp * 1000,
    ...(clusters === undefined ? {} : { clusters }),
  };
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(name => typeof name === 'string');
