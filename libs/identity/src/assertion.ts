import { DroverError } from '@drover/errors';
import { createLocalJWKSet, errors, jwtVerify, SignJWT } from 'jose';
import { isEd25519 } from './ed25519-jwk.ts';
import { isRetired, type KeySource, type PublicKeys, type SigningKeySource, SigningKeys } from './signing-key.ts';

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
  readonly #keys: SigningKeys;

  private constructor(keys: SigningKeys) {
    this.#keys = keys;
  }

  /** @throws DroverError `config-invalid`: the key is no private Ed25519 key */
  static async create(file: SigningKeySource): Promise<AssertionSigner> {
    return new AssertionSigner(await SigningKeys.create(file));
  }

  async sign({ audience, user, groups, extra, nowMs, lifetimeMs }: AssertionClaims): Promise<string> {
    const { kid, key } = await this.#keys.at(nowMs);
    return new SignJWT({ groups, extra })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: assertionType })
      .setSubject(user)
      .setAudience(audience)
      .setIssuedAt(Math.floor(nowMs / 1000))
      .setExpirationTime(Math.ceil((nowMs + lifetimeMs) / 1000))
      .sign(key);
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
  readonly #source: KeySource;
  readonly #options: VerifierOptions;
  readonly #verified = new Map<string, Identity>();
  /** Made anew when the source gives other keys. */
  #set: KeySet | undefined;

  private constructor(source: KeySource, options: VerifierOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** @throws DroverError `config-invalid`: the set holds no Ed25519 key with a `kid` */
  static create(keys: PublicKeys | KeySource, options: VerifierOptions): AssertionVerifier {
    if (typeof keys === 'function') return new AssertionVerifier(keys, options);
    if (!keys.keys.some(isEd25519))
      throw new DroverError('config-invalid', 'the set of identity keys holds no Ed25519 key');
    return new AssertionVerifier(() => keys, options);
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

  async #keys(nowMs: number): Promise<KeySet> {
    const keys = await this.#source(nowMs);
    if (this.#set?.of !== keys) this.#set = keySetOf(keys);
    return this.#set;
  }

  async #check(assertion: string, nowMs: number): Promise<Identity> {
    try {
      const { find, retired } = await this.#keys(nowMs);
      const { payload, protectedHeader } = await jwtVerify(assertion, find, {
        algorithms: ['EdDSA'],
        typ: assertionType,
        audience: this.#options.audience,
        currentDate: new Date(nowMs),
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['sub', 'aud', 'iat', 'exp'],
      });
      if (protectedHeader.kid === undefined) throw new errors.JWSInvalid('no kid');
      if (retired(protectedHeader.kid, nowMs)) throw new errors.JWSInvalid('the key is retired');
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

interface KeySet {
  readonly of: PublicKeys;
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly retired: (kid: string, nowMs: number) => boolean;
}

function keySetOf(of: PublicKeys): KeySet {
  const keys = of.keys.filter(isEd25519);
  const byKid = new Map(keys.map(key => [key.kid, key]));
  return { of, find: createLocalJWKSet({ keys }), retired: (kid, nowMs) => isRetired(byKid.get(kid) ?? {}, nowMs) };
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(name => typeof name === 'string');

const isExtra = (value: unknown): value is Record<string, string[]> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isNames);
