import type { GithubProviderSpec } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import * as client from 'openid-client';
import { textOf } from './claims.ts';
import { cameBackTo, keptValue } from './oidc.ts';
import { openIdError } from './openid-errors.ts';
import type { ProviderIdentity, RedirectProvider } from './provider.ts';
import { ProviderHttp } from './provider-http.ts';

/** Organisations and teams, private ones too, and the address that is the primary one. */
const scope = 'read:org user:email';
const apiVersion = '2022-11-28';
const pageSize = 100;
/** A thousand organisations or teams; more groups than that no request to a cluster could carry. */
const maxPages = 10;

export interface GithubProviderOptions {
  /** The AuthProvider's name. */
  readonly name: string;
  readonly spec: GithubProviderSpec;
  /** The client's secret; it is opened when it is needed. */
  readonly secret: () => Promise<string | undefined>;
  /** For one request to GitHub. */
  readonly timeoutMs?: number;
}

/**
 * Signs in by an OAuth app of GitHub or GitHub Enterprise. Somebody is known by the number of the account, since names of
 * accounts are given anew. Its tokens do not expire: the refresh asks with the token of the sign-in.
 *
 * @example
 * await using provider = new GithubProvider({ name: 'github', spec: { url: 'https://github.com', clientId }, secret });
 */
export class GithubProvider implements RedirectProvider, AsyncDisposable {
  readonly kind = 'redirect';
  readonly #name: string;
  readonly #spec: GithubProviderSpec;
  readonly #secret: () => Promise<string | undefined>;
  readonly #http: ProviderHttp;
  readonly #api: string;

  constructor({ name, spec, secret, timeoutMs }: GithubProviderOptions) {
    this.#name = name;
    this.#spec = spec;
    this.#secret = secret;
    this.#http = new ProviderHttp({ provider: name, ca: spec.ca, timeoutMs });
    this.#api = apiOf(spec);
  }

  async begin({ redirectUri, state, signal }: Parameters<RedirectProvider['begin']>[0]) {
    const config = await this.#configuration(signal);
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, kept: { verifier } };
  }

  async finish({ callback, redirectUri, state, kept, signal }: Parameters<RedirectProvider['finish']>[0]) {
    const config = await this.#configuration(signal);
    let token: string;
    try {
      const answer = await client.authorizationCodeGrant(config, cameBackTo(redirectUri, callback), {
        expectedState: state,
        pkceCodeVerifier: keptValue(kept, 'verifier'),
      });
      token = answer.access_token;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw openIdError(this.#name, error);
    }
    const identity = await this.#identity(token, signal);
    if (identity !== 'gone') return identity;
    throw new DroverError('unauthenticated', `the provider ${this.#name} does not know its own token`);
  }

  async refresh({ subject, refreshSecret, signal }: Parameters<RedirectProvider['refresh']>[0]) {
    if (refreshSecret === undefined) throw this.#http.unavailable('gave nothing to refresh by');
    const identity = await this.#identity(refreshSecret, signal);
    return identity !== 'gone' && identity.subject === subject ? identity : 'gone';
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }

  async #configuration(signal: AbortSignal): Promise<client.Configuration> {
    const { url, clientId } = this.#spec;
    const base = url.replace(/\/$/, '');
    const server = {
      issuer: base,
      authorization_endpoint: `${base}/login/oauth/authorize`,
      token_endpoint: `${base}/login/oauth/access_token`,
    };
    const secret = await this.#secret();
    const authentication = secret === undefined ? client.None() : client.ClientSecretPost(secret);
    const config = new client.Configuration(server, clientId, {}, authentication);
    config[client.customFetch] = async (to, options) =>
      withOAuthStatus(await this.#http.send(to, { ...options, signal }));
    // Loopback alone: nothing else is let into an AuthProvider, nor through ProviderHttp.
    if (base.startsWith('http:')) client.allowInsecureRequests(config);
    return config;
  }

  async #identity(token: string, signal: AbortSignal): Promise<ProviderIdentity | 'gone'> {
    const about = await this.#get('/user', token, signal);
    if (about === 'gone') return 'gone';
    const user = recordOf(about.json);
    const username = textOf(user['login']);
    if (typeof user['id'] !== 'number' || username === undefined)
      throw this.#http.unavailable('answers with no account');
    const [organisations, teams, email] = await Promise.all([
      this.#all('/user/orgs', token, signal),
      this.#all('/user/teams', token, signal),
      this.#email(token, signal),
    ]);
    const groups = [...organisations.map(nameOfOrganisation), ...teams.map(nameOfTeam)];
    const displayName = textOf(user['name']);
    return {
      subject: String(user['id']),
      username,
      ...(displayName === undefined ? {} : { displayName }),
      ...(email === undefined ? {} : { email }),
      groups: [...new Set(groups.filter(group => group !== undefined))],
      refreshSecret: token,
    };
  }

  /** The primary address, where it is known to be the person's; an app may not be allowed to see it. */
  async #email(token: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#get('/user/emails', token, signal, [403, 404]);
    if (answer === 'gone' || !Array.isArray(answer.json)) return undefined;
    const primary = answer.json.map(recordOf).find(one => one['primary'] === true && one['verified'] === true);
    return textOf(primary?.['email']);
  }

  /** Pages are counted, and not followed by the links in answers, so that the token goes nowhere else. */
  async #all(path: string, token: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>[]> {
    const all: Readonly<Record<string, unknown>>[] = [];
    for (let page = 1; page <= maxPages; page++) {
      const answer = await this.#get(`${path}?per_page=${pageSize}&page=${page}`, token, signal);
      if (answer === 'gone' || !Array.isArray(answer.json))
        throw this.#http.unavailable(`answers ${path} with no list`);
      all.push(...answer.json.map(recordOf));
      if (!answer.hasNext) break;
    }
    return all;
  }

  /** `gone`: the token is taken back. */
  async #get(path: string, token: string, signal: AbortSignal, expected: readonly number[] = []) {
    const answer = await this.#http.send(`${this.#api}${path}`, {
      method: 'GET',
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'x-github-api-version': apiVersion,
      },
      signal,
    });
    if (answer.status === 401) return 'gone';
    if (answer.status !== 200 && !expected.includes(answer.status)) {
      // 403 is a rate limit too, or an organisation that has not approved the app.
      throw this.#http.unavailable(`answers ${answer.status} for ${path}`);
    }
    try {
      const json: unknown = await answer.json();
      return { json, hasNext: /rel="next"/.test(answer.headers.get('link') ?? '') };
    } catch (cause) {
      throw this.#http.unavailable(`answers ${path} with no JSON`, cause);
    }
  }
}

function apiOf({ url, apiUrl }: GithubProviderSpec): string {
  if (apiUrl !== undefined) return apiUrl.replace(/\/$/, '');
  const { origin, host } = new URL(url);
  if (host === 'github.com') return 'https://api.github.com';
  // Enterprise Cloud with data residency.
  if (host.endsWith('.ghe.com')) return `https://api.${host}`;
  return `${origin}/api/v3`;
}

/** GitHub's errors come with the status 200, where OAuth has 400 (RFC 6749, 5.2). */
async function withOAuthStatus(answer: Response): Promise<Response> {
  const text = await answer.text();
  const { headers } = answer;
  return new Response(text, {
    headers,
    status: answer.status === 200 && /"error"\s*:/.test(text) ? 400 : answer.status,
  });
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const nameOfOrganisation = (one: Readonly<Record<string, unknown>>): string | undefined => textOf(one['login']);

/** A team is called by its slug, which is unique in its organisation. */
function nameOfTeam(one: Readonly<Record<string, unknown>>): string | undefined {
  const slug = textOf(one['slug']);
  const organisation = nameOfOrganisation(recordOf(one['organization']));
  return slug === undefined || organisation === undefined ? undefined : `${organisation}/${slug}`;
}
