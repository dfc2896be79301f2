import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { startTlsServer, type TlsServer } from './tls-server.ts';

/** What the issuer knows of somebody. */
export interface OidcAccount {
  readonly name?: string;
  readonly preferred_username?: string;
  readonly email?: string;
  readonly groups?: readonly string[] | string;
  readonly [claim: string]: unknown;
}

export interface OidcServerOptions {
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly authentication?: 'client_secret_basic' | 'client_secret_post' | 'none';
}

/** A real issuer of OpenID Connect, certified, in this process, over TLS. It wants PKCE, and turns refresh tokens over. */
export interface OidcServer extends AsyncDisposable {
  /** Its issuer. */
  readonly url: string;
  readonly ca: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** By subject. Whoever is taken out is signed in no more. */
  readonly accounts: Map<string, OidcAccount>;
  /** The subject who sits before every browser: there is no page, a browser comes straight back. */
  atBrowser: string;
  readonly server: TlsServer;
}

/** Starts an issuer with one client, and the accounts `alice` and `bob`. */
export async function startOidcServer(options: OidcServerOptions): Promise<OidcServer> {
  const { redirectUris, postLogoutRedirectUris = [], authentication = 'client_secret_basic' } = options;
  const server = await startTlsServer();
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const clientSecret = randomBytes(24).toString('base64url');
  const accounts = new Map<string, OidcAccount>([
    ['sub-alice', { preferred_username: 'alice', name: 'Alice Example', email: 'alice@example.com', groups: ['dev'] }],
    ['sub-bob', { preferred_username: 'bob', name: 'Bob Example', email: 'bob@example.com', groups: ['ops', 'dev'] }],
  ]);
  const provider = new Provider(server.url, {
    clients: [
      {
        client_id: 'drover',
        ...(authentication === 'none' ? {} : { client_secret: clientSecret }),
        token_endpoint_auth_method: authentication,
        redirect_uris: redirectUris,
        post_logout_redirect_uris: postLogoutRedirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'one', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups', 'realm_access'], email: ['email'] },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, sub: string) =>
      accounts.has(sub) ? { accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) } : undefined,
  });
  const serve = provider.callback();
  server.handler = (request, response) =>
    request.url?.startsWith('/interaction/') ? agree(request, response) : serve(request, response);

  /** Signs in who sits there, and consents. */
  const agree = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
      return provider.interactionFinished(request, response, { login: { accountId: self.atBrowser } });
    }
    const grant = new provider.Grant({ accountId: session?.accountId ?? self.atBrowser, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };
  const self: OidcServer = {
    url: server.url,
    ca: server.ca,
    clientId: 'drover',
    clientSecret,
    accounts,
    atBrowser: 'sub-alice',
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return self;
}
