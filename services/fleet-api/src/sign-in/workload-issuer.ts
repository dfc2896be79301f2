import type { Clock } from '@drover/async';
import type { WorkloadProviderSpec } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { isSafeProviderUrl } from '../domain/provider-url.ts';
import type { Claims } from './claims.ts';
import { openIdError } from './openid-errors.ts';
import { droverErrorIn, ProviderHttp } from './provider-http.ts';

/** Clocks of the hub and of the issuer may differ by as much. */
const clockToleranceSeconds = 30;
/** Keys are fetched anew after so long, and sooner where a JWT names one that is not there, but no more often than this. */
const keysLifetimeMs = 10 * 60_000;
const keysCooldownMs = 30_000;
/** Signatures by a private key: a secret that two share, or none at all, says nothing of who signed (RFC 8725, 3.1). */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

export interface WorkloadIssuerOptions {
  /** The AuthProvider's name. */
  readonly name: string;
  readonly spec: WorkloadProviderSpec;
  readonly clock: Clock;
  /** For one request to the issuer. */
  readonly timeoutMs?: number | undefined;
}

/**
 * An issuer of JWTs for programs: GitHub Actions, a Kubernetes cluster.
 *
 * @example
 * await using issuer = new WorkloadIssuer({ name: 'actions', spec, clock: systemClock });
 * const { sub } = await issuer.verify(jwt, signal);
 */
export class WorkloadIssuer implements AsyncDisposable {
  readonly #name: string;
  readonly #spec: WorkloadProviderSpec;
  readonly #clock: Clock;
  readonly #http: ProviderHttp;
  #keys: JWTVerifyGetKey | undefined;

  constructor({ name, spec, clock, timeoutMs }: WorkloadIssuerOptions) {
    this.#name = name;
    this.#spec = spec;
    this.#clock = clock;
    this.#http = new ProviderHttp({ provider: name, ca: spec.ca, timeoutMs });
  }

  /**
   * What the JWT says, where the issuer signed it for this audience and for no other beside it: whoever else it is for could
   * come here with it.
   *
   * @throws DroverError `unauthenticated`, `provider-unavailable`
   */
  async verify(jwt: string, signal: AbortSignal): Promise<Claims & { readonly sub: string }> {
    const { issuer, audience } = this.#spec;
    const now = this.#clock.now();
    try {
      const { payload } = await jwtVerify(jwt, await this.#keySet(signal), {
        algorithms,
        issuer,
        audience,
        currentDate: new Date(now),
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat'],
      });
      const { sub, aud, iat = Number.NaN } = payload;
      if ([aud].flat().length !== 1) throw new errors.JWTInvalid('another audience beside the hub’s');
      // jose looks at `iat` only beside a maximal age.
      if (!(iat * 1000 <= now + clockToleranceSeconds * 1000)) throw new errors.JWTInvalid('issued in the future');
      if (typeof sub !== 'string' || sub === '') throw new errors.JWTInvalid('no subject');
      return { ...payload, sub };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#failureOf(error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }

  /** A failure to find out where the keys are is not remembered. */
  async #keySet(signal: AbortSignal): Promise<JWTVerifyGetKey> {
    this.#keys ??= await this.#newKeySet(signal);
    return this.#keys;
  }

  async #newKeySet(signal: AbortSignal): Promise<JWTVerifyGetKey> {
    const { jwks, jwksUri } = this.#spec;
    if (jwks !== undefined) return createLocalJWKSet(JSON.parse(jwks));
    return createRemoteJWKSet(new URL(jwksUri ?? (await this.#discover(signal))), {
      cacheMaxAge: keysLifetimeMs,
      cooldownDuration: keysCooldownMs,
      // The keys are everybody's, so that no caller's signal ends the request; it has a limit of its own.
      [customFetch]: (url, { headers }) =>
        this.#http.send(url, { method: 'GET', headers: Object.fromEntries(headers.entries()) }),
    });
  }

  async #discover(signal: AbortSignal): Promise<string> {
    const { issuer } = this.#spec;
    try {
      const found = await client.discovery(new URL(issuer), 'drover', {}, client.None(), {
        [client.customFetch]: (url, options) => this.#http.send(url, { ...options, signal }),
        execute: issuer.startsWith('http:') ? [client.allowInsecureRequests] : [],
      });
      const { jwks_uri } = found.serverMetadata();
      if (jwks_uri !== undefined && isSafeProviderUrl(jwks_uri)) return jwks_uri;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw openIdError(this.#name, error, 'has no discovery document of its issuer');
    }
    throw this.#http.unavailable('does not say where its keys are');
  }

  #failureOf(error: unknown): DroverError {
    const own = droverErrorIn(error);
    if (own !== undefined) return own;
    if (
      error instanceof errors.JWKSInvalid ||
      (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
    ) {
      return this.#http.unavailable('publishes no keys', error);
    }
    const why = error instanceof errors.JWTExpired ? 'it has expired' : whyOf(error);
    return new DroverError('unauthenticated', `the JWT is not one of the provider ${this.#name}: ${why}`, {
      cause: error,
    });
  }
}

/** jose's own words name a claim or a key, and hold nothing that was sent. */
const whyOf = (error: unknown): string => (error instanceof errors.JOSEError ? error.message : 'it cannot be read');
