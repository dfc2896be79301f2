import { DroverError } from '@drover/errors';
import { createLocalJWKSet, errors, importJWK, jwtVerify, SignJWT } from 'jose';
import { isEd25519 } from './ed25519-jwk.ts';
import type { PublicKeys, SigningKeyFile } from './signing-key.ts';

/** The `typ` of the JWS: no other token of the hub is taken for an identity (RFC 8725 §3.11). */
const assertionType = 'drover-identity+jwt';
/** Clocks of hub and cluster may differ by as much. */
const clockToleranceSeconds = 30;

/** Who acts, as an assertion says. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** What an assertion says. */
export interface AssertionClaims {
  /** The cluster's uid, never its reusable name; `hub` for the hub's own API. */
  readonly audience: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly nowMs: number;
  readonly lifetimeMs: number;
}

/**
 * Signs identity assertions (EdDSA JWS with `kid`, RFC 8037).
 *
 * @example
 * const signer = await AssertionSigner.create(await loadSigningKey('keys/identity.json'));
 * const jws = await signer.sign({ audience: clusterUid, user: 'drover:alice', groups: [], extra: {}, nowMs, lifetimeMs });
 */
export class AssertionSigner {
  readonly #kid: string;
  readonly #key: Awaited<ReturnType<typeof importJWK>>;

  private constructor(kid: string, key: Awaited<ReturnType<typeof importJWK>>) {
    this.#kid = kid;
    this.#key = key;
  }

  /** @throws DroverError `config-invalid`: the key is no private Ed25519 key */
  static async create({ kid, privateJwk }: SigningKeyFile): Promise<AssertionSigner> {
    try {
      return new AssertionSigner(kid, await importJWK(privateJwk, 'EdDSA'));
    } catch (cause) {
      throw new DroverError('config-invalid', 'the identity signing key cannot be used', { cause });
    }
  }

  sign({ audience, user, groups, extra, nowMs, lifetimeMs }: AssertionClaims): Promise<string> {
    return new SignJWT({ groups, extra })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.#kid, typ: assertionType })
      .setSubject(user)
      .setAudience(audience)
      .setIssuedAt(Math.floor(nowMs / 1000))
      .setExpirationTime(Math.ceil((nowMs + lifetimeMs) / 1000))
      .sign(this.#key);
  }
}

export interface VerifierOptions {
  /** What `aud` must be, exactly. */
  readonly audience: string;
  /** Assertions that are remembered by value; more are verified again. */
  readonly maxCached: number;
}

/**
 * Verifies assertions for one audience; each is verified once and remembered until it expires.
 *
 * @example
 * const verifier = AssertionVerifier.create(join.hub.identityKeys, { audience: clusterUid, maxCached: 8192 });
 * const { user, groups } = await verifier.verify(jws, Date.now());
 */
export class AssertionVerifier {
  readonly #keys: ReturnType<typeof createLocalJWKSet>;
  readonly #options: VerifierOptions;
  readonly #verified = new Map<string, Identity>();

  private constructor(keys: ReturnType<typeof createLocalJWKSet>, options: VerifierOptions) {
    this.#keys = keys;
    this.#options = options;
  }

  /** @throws DroverError `config-invalid`: the set holds no Ed25519 key with a `kid` */
  static create({ keys }: PublicKeys, options: VerifierOptions): AssertionVerifier {
    const usable = keys.filter(isEd25519);
    if (usable.length === 0) throw new DroverError('config-invalid', 'the set of identity keys holds no Ed25519 key');
    return new AssertionVerifier(createLocalJWKSet({ keys: usable }), options);
  }

  /** @throws DroverError `identity-refused`: signature, key, type, audience or time are wrong */
  async verify(assertion: string, nowMs: number): Promise<Identity> {
    const known = this.#verified.get(assertion);
    if (known !== undefined) {
      if (nowMs < known.expiresAtMs) return known;
      this.#verified.delete(assertion);
    }
    const identity = await this.#check(assertion, nowMs);
    if (this.#verified.size >= this.#options.maxCached) {
      const oldest = this.#verified.keys().next().value;
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.set(assertion, identity);
    return identity;
  }

  async #check(assertion: string, nowMs: number): Promise<Identity> {
    try {
      const { payload, protectedHeader } = await jwtVerify(assertion, this.#keys, {
        algorithms: ['EdDSA'],
        typ: assertionType,
        audience: this.#options.audience,
        currentDate: new Date(nowMs),
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['sub', 'aud', 'iat', 'exp'],
      });
      if (protectedHeader.kid === undefined) throw new errors.JWSInvalid('no kid');
      // `jwtVerify` is content with one of several audiences; an assertion has exactly one.
      if (payload.aud !== this.#options.audience) throw new errors.JWTInvalid('another audience');
      const { sub, groups, extra, iat = Number.NaN, exp = 0 } = payload;
      // jose looks at `iat` only beside a maximal age
      if (!(iat * 1000 <= nowMs + clockToleranceSeconds * 1000)) throw new errors.JWTInvalid('issued in the future');
      if (typeof sub !== 'string' || !isNames(groups) || !isExtra(extra))
        throw new errors.JWTInvalid('a claim is missing');
      return Object.freeze({ user: sub, groups, extra, expiresAtMs: (exp + clockToleranceSeconds) * 1000 });
    } catch (cause) {
      throw new DroverError('identity-refused', 'the identity assertion is not valid', { cause });
    }
  }
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(name => typeof name === 'string');

const isExtra = (value: unknown): value is Record<string, string[]> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isNames);
