import { DroverError } from '@drover/errors';
import * as oauth from 'openid-client';
import type { AccessCredential } from './access-cache.ts';
import type { Session } from './domain/stored-config.ts';
import type { HubClient } from './hub-client.ts';

/** The OAuth client that the command line is; it keeps no secret (RFC 8252, 8.5). */
const clientId = 'drover-cli';

/** A session, and the first credential of it. */
export interface Granted {
  readonly session: Session;
  readonly access: AccessCredential;
}

/** What a person without a browser here is told (RFC 8628, 3.2). */
export interface DeviceOffer {
  readonly userCode: string;
  readonly url: string;
  /** With the code in it. */
  readonly completeUrl: string | undefined;
}

/** A sign-in by browser that has been begun: where the browser goes, and what its answer is checked with. */
export interface BrowserAttempt {
  readonly url: URL;
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
}

/** The hub as an OAuth server. Every failure is a DroverError. */
export class OAuthClient {
  readonly #configuration: oauth.Configuration;
  readonly #hub: string;
  readonly #now: () => number;

  /** `publicUrl`: how the hub calls itself, where browsers go; absent: none will. */
  constructor(
    hub: HubClient,
    {
      publicUrl = hub.url,
      now,
      signal,
    }: { readonly publicUrl?: string; readonly now: () => number; readonly signal: AbortSignal },
  ) {
    const { url } = hub;
    this.#hub = url;
    this.#now = now;
    const endpoints = {
      issuer: publicUrl,
      authorization_endpoint: `${publicUrl}/v1/oauth/authorize`,
      token_endpoint: `${url}/v1/oauth/token`,
      device_authorization_endpoint: `${url}/v1/oauth/device_authorization`,
    };
    this.#configuration = new oauth.Configuration(endpoints, clientId, undefined, oauth.None());
    this.#configuration[oauth.customFetch] = async (target, { method, headers, body }) => {
      const text = body === undefined || body === null ? undefined : String(body);
      const answer = await hub.exchange({ method, path: target.slice(url.length), headers, body: text }, signal);
      return new Response(answer.text, { status: answer.status, headers: { 'content-type': answer.contentType } });
    };
  }

  /**
   * A fresh access credential; `cluster`: for this one alone (RFC 8707).
   *
   * @throws DroverError `session-ended` where the session is over
   */
  async renew({ credential }: Session, cluster: string | undefined): Promise<AccessCredential> {
    const parameters = new URLSearchParams();
    if (cluster !== undefined) parameters.set('resource', `${this.#hub}/k8s/clusters/${cluster}`);
    return this.#access(await this.#converted(oauth.refreshTokenGrant(this.#configuration, credential, parameters)));
  }

  /** `provider`: the one that is meant, so that nobody is asked. */
  async beginBrowser(redirectUri: string, provider: string | undefined): Promise<BrowserAttempt> {
    const verifier = oauth.randomPKCECodeVerifier();
    const state = oauth.randomState();
    const url = oauth.buildAuthorizationUrl(this.#configuration, {
      redirect_uri: redirectUri,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(provider === undefined ? {} : { provider }),
    });
    return { url, redirectUri, state, verifier };
  }

  /** `callback`: what the browser asked for when it came back. */
  async finishBrowser({ verifier, state }: BrowserAttempt, callback: URL): Promise<Granted> {
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    return this.#granted(await this.#converted(oauth.authorizationCodeGrant(this.#configuration, callback, checks)));
  }

  /** Signs in with a code that is typed on another machine; `show` tells it to the person. */
  async byDevice(show: (offer: DeviceOffer) => void, signal: AbortSignal): Promise<Granted> {
    const offer = await this.#converted(oauth.initiateDeviceAuthorization(this.#configuration, {}));
    const { user_code: userCode, verification_uri: url, verification_uri_complete: completeUrl } = offer;
    show({ userCode, url, completeUrl });
    const poll = oauth.pollDeviceAuthorizationGrant(this.#configuration, offer, undefined, { signal });
    return this.#granted(await this.#converted(poll, signal));
  }

  #access({ access_token: token, expires_in: seconds }: oauth.TokenEndpointResponse): AccessCredential {
    if (seconds === undefined) throw notUnderstood('expires_in');
    return { token, expiresAt: timestamp(this.#now() + seconds * 1000) };
  }

  #granted(answer: oauth.TokenEndpointResponse): Granted {
    const { refresh_token: credential, user, session_id: id, session_expires_at: endsAt } = answer;
    if (credential === undefined || typeof user !== 'string' || typeof id !== 'string' || typeof endsAt !== 'string') {
      throw notUnderstood('the session');
    }
    return { session: { credential, id, user, endsAt }, access: this.#access(answer) };
  }

  async #converted<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      signal?.throwIfAborted();
      throw droverError(error, this.#hub);
    }
  }
}

/** Whole seconds: client-go reads RFC 3339. */
const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const notUnderstood = (what: string): DroverError =>
  new DroverError('unreachable', `the hub’s answer is not understood (${what}); is drover of the hub’s version?`);

const codes = {
  invalid_grant: 'session-ended',
  access_denied: 'forbidden',
  expired_token: 'token-expired',
  temporarily_unavailable: 'sessions-unavailable',
  slow_down: 'too-many-requests',
} as const;

/** What the library threw, by the hub's own word where it has given one. */
function droverError(error: unknown, hub: string): DroverError {
  const known = causes(error).find(cause => cause instanceof DroverError);
  if (known !== undefined) return known;
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError) {
    const code = Object.entries(codes).find(([name]) => name === error.error)?.[1] ?? 'bad-request';
    const cancelled = error.error === 'access_denied' ? 'the sign-in was cancelled in the browser' : error.error;
    const why = error.error_description ?? cancelled;
    return new DroverError(code, `${hub} refused: ${why}`, { cause: error, details: { why } });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new DroverError('unreachable', `${hub} answered what is not understood (${message}); is it a Drover hub?`, {
    cause: error,
  });
}

const causes = (error: unknown): readonly unknown[] =>
  error instanceof Error ? [error, ...causes(error.cause)] : [error];
