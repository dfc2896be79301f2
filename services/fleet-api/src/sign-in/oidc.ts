import type { Clock } from '@drover/async';
import type { OidcProviderSpec } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import * as client from 'openid-client';
import { isSafeProviderUrl } from '../domain/provider-url.ts';
import { type Claims, claimAt, comparable, textOf, textsOf } from './claims.ts';
import { isGone, openIdError } from './openid-errors.ts';
import type { Kept, ProviderIdentity, RedirectProvider } from './provider.ts';
import { ProviderHttp } from './provider-http.ts';

/** An issuer's endpoints change once in years, and its keys are looked for anew by themselves. */
const discoveryLifetimeMs = 60 * 60_000;
/** Clocks of the hub and of the issuer may differ by as much. */
const clockToleranceSeconds = 30;

export interface OidcProviderOptions {
  /** The AuthProvider's name. */
  readonly name: string;
  readonly spec: OidcProviderSpec;
  /** The client's secret; it is opened when it is needed. */
  readonly secret: () => Promise<string | undefined>;
  readonly clock: Clock;
  /** For one request to the issuer. */
  readonly timeoutMs?: number;
}

/**
 * Signs in by an issuer of OpenID Connect: authorization code with PKCE (S256), `state` and `nonce`, whether the issuer asks
 * for them or not; the ID token's signature is verified although it came over TLS; `iss` of the callback is held against
 * the issuer (RFC 9207).
 *
 * @example
 * await using provider = new OidcProvider({ name: 'corp', spec, secret, clock: systemClock });
 * const { url, kept } = await provider.begin({ redirectUri, state, signal });
 */
export class OidcProvider implements RedirectProvider, AsyncDisposable {
  readonly kind = 'redirect';
  readonly #name: string;
  readonly #spec: OidcProviderSpec;
  readonly #secret: () => Promise<string | undefined>;
  readonly #clock: Clock;
  readonly #http: ProviderHttp;
  #discovered: { readonly metadata: client.ServerMetadata; readonly untilMs: number } | undefined;
  /** The issuer's keys as openid-client keeps them: for five minutes, or until an unknown one is named. */
  #jwks: ReturnType<typeof client.getJwksCache>;

  constructor({ name, spec, secret, clock, timeoutMs }: OidcProviderOptions) {
    this.#name = name;
    this.#spec = spec;
    this.#clock = clock;
    this.#http = new ProviderHttp({ provider: name, ca: spec.ca, timeoutMs });
    this.#secret = secret;
  }

  async begin({ redirectUri, state, signal }: Parameters<RedirectProvider['begin']>[0]) {
    return this.#asking(signal, async config => {
      const verifier = client.randomPKCECodeVerifier();
      const nonce = client.randomNonce();
      const { scopes, parameters } = this.#spec;
      const url = client.buildAuthorizationUrl(config, {
        // Issuers give a refresh token for offline access after asking for consent only (OpenID Connect Core, 11).
        ...(scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
        ...parameters,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: [...new Set(['openid', ...scopes])].join(' '),
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      if (!isSafeProviderUrl(url.href))
        throw this.#http.unavailable(`sends people to ${url.origin}, which is not https`);
      return { url: url.href, kept: { verifier, nonce } };
    });
  }

  async finish({ callback, redirectUri, state, kept, signal }: Parameters<RedirectProvider['finish']>[0]) {
    return this.#asking(signal, async config => {
      const answers = await client.authorizationCodeGrant(config, cameBackTo(redirectUri, callback), {
        expectedState: state,
        expectedNonce: keptValue(kept, 'nonce'),
        pkceCodeVerifier: keptValue(kept, 'verifier'),
        idTokenExpected: true,
      });
      const claims = await this.#claimsOf(config, answers, answers.claims()?.sub);
      const lacking = this.#lacking(claims);
      if (lacking !== undefined) {
        throw new DroverError(
          'forbidden',
          `the provider ${this.#name} does not say of you what the hub asks of ${lacking}`,
        );
      }
      return this.#identity(claims, answers);
    });
  }

  async refresh({ subject, refreshSecret, signal }: Parameters<RedirectProvider['refresh']>[0]) {
    if (refreshSecret === undefined) throw this.#http.unavailable('gave nothing to refresh by');
    return this.#asking(signal, async (config): Promise<ProviderIdentity | 'gone'> => {
      try {
        const answers = await client.refreshTokenGrant(config, refreshSecret);
        const said = answers.claims()?.sub;
        if (said !== undefined && said !== subject) return 'gone';
        const claims = await this.#claimsOf(config, answers, subject);
        if (this.#lacking(claims) !== undefined) return 'gone';
        return this.#identity(claims, { refresh_token: refreshSecret, ...answers });
      } catch (error) {
        if (isGone(error)) return 'gone';
        throw error;
      }
    });
  }

  async logoutUrl({ hint, returnTo, signal }: Parameters<NonNullable<RedirectProvider['logoutUrl']>>[0]) {
    try {
      return await this.#asking(signal, async config => {
        if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
        const { href } = client.buildEndSessionUrl(config, {
          post_logout_redirect_uri: returnTo,
          ...(hint === undefined ? {} : { id_token_hint: hint }),
        });
        return isSafeProviderUrl(href) ? href : undefined;
      });
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }

  /** Runs what asks the issuer. A configuration for each, so that the signal of one caller is no other's. */
  async #asking<T>(signal: AbortSignal, run: (config: client.Configuration) => Promise<T>): Promise<T> {
    const config = await this.#configuration(signal);
    if (this.#jwks !== undefined) client.setJwksCache(config, this.#jwks);
    try {
      return await run(config);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw openIdError(this.#name, error);
    } finally {
      this.#jwks = client.getJwksCache(config) ?? this.#jwks;
    }
  }

  /** A failure is not remembered: sign-in goes on as soon as the issuer is back. */
  async #configuration(signal: AbortSignal): Promise<client.Configuration> {
    const now = this.#clock.now();
    if (this.#discovered === undefined || this.#discovered.untilMs <= now) {
      const metadata = await this.#discover(signal);
      this.#discovered = { metadata, untilMs: now + discoveryLifetimeMs };
    }
    const authentication = authenticationOf(this.#spec.clientAuthentication, await this.#secret());
    const about = { [client.clockTolerance]: clockToleranceSeconds };
    const config = new client.Configuration(this.#discovered.metadata, this.#spec.clientId, about, authentication);
    config[client.customFetch] = this.#fetch(signal);
    client.enableNonRepudiationChecks(config);
    if (this.#isPlain) client.allowInsecureRequests(config);
    return config;
  }

  async #discover(signal: AbortSignal): Promise<client.ServerMetadata> {
    const { issuer, clientId } = this.#spec;
    try {
      const found = await client.discovery(new URL(issuer), clientId, {}, client.None(), {
        [client.customFetch]: this.#fetch(signal),
        execute: this.#isPlain ? [client.allowInsecureRequests] : [],
      });
      return { ...found.serverMetadata() };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw openIdError(this.#name, error, 'has no discovery document of its issuer');
    }
  }

  #fetch(signal: AbortSignal): client.CustomFetch {
    return (url, options) => this.#http.send(url, { ...options, signal });
  }

  /** Loopback alone: nothing else is let into an AuthProvider, nor through {@link ProviderHttp}. */
  get #isPlain(): boolean {
    return this.#spec.issuer.startsWith('http:');
  }

  /** The ID token's claims, before those that the issuer tells of the same subject beside it. */
  async #claimsOf(config: client.Configuration, answers: Answers, subject: string | undefined): Promise<Claims> {
    if (subject === undefined)
      throw new DroverError('unauthenticated', `the provider ${this.#name} does not say who it is`);
    const said = answers.claims();
    if (config.serverMetadata().userinfo_endpoint === undefined) {
      if (said === undefined) throw this.#http.unavailable('says nothing of who it is at a refresh');
      return said;
    }
    try {
      return { ...(await client.fetchUserInfo(config, answers.access_token, subject)), ...said };
    } catch (error) {
      if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error;
      throw new DroverError('unauthenticated', `the provider ${this.#name} says no more of who it is`, {
        cause: error,
      });
    }
  }

  /** The claim that is not as the hub requires it. */
  #lacking(claims: Claims): string | undefined {
    return this.#spec.requiredClaims?.find(({ claim, values }) => {
      const said = claimAt(claims, claim);
      if (values !== undefined) return !comparable(said).some(value => values.includes(value));
      return said === undefined || said === null || said === false;
    })?.claim;
  }

  #identity(
    claims: Claims,
    { refresh_token, id_token }: Pick<Answers, 'refresh_token' | 'id_token'>,
  ): ProviderIdentity {
    const names = this.#spec.claims;
    const subject = String(claims['sub']);
    const displayName = textOf(claimAt(claims, names.displayName));
    const email = textOf(claimAt(claims, names.email));
    return {
      subject,
      username: textOf(claimAt(claims, names.username)) ?? subject,
      ...(displayName === undefined ? {} : { displayName }),
      ...(email === undefined ? {} : { email }),
      groups: textsOf(claimAt(claims, names.groups)),
      ...(refresh_token === undefined ? {} : { refreshSecret: refresh_token }),
      ...(id_token === undefined ? {} : { logoutHint: id_token }),
    };
  }
}

type Answers = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

function authenticationOf(
  wished: OidcProviderSpec['clientAuthentication'],
  secret: string | undefined,
): client.ClientAuth {
  if (secret === undefined || wished === 'none') return client.None();
  return wished === 'client_secret_post' ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
}

/** The redirect URI as it was sent, with what the browser brought back: the hub may be called by other names inside. */
export function cameBackTo(redirectUri: string, callback: URL): URL {
  const url = new URL(redirectUri);
  url.search = callback.search;
  return url;
}

/** What was kept is of this hub, so that a lack of it is a defect, and PKCE never falls away in silence (T10). */
export function keptValue(kept: Kept, name: string): string {
  const value = kept[name];
  if (value === undefined) throw new DroverError('internal', `nothing was kept as ${name} of this sign-in`);
  return value;
}
