import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startTlsServer, type TlsServer } from './tls-server.ts';

/** An account, as far as the API tells of it. */
export interface GithubAccount {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  readonly organisations: readonly string[];
  /** `organisation/slug` */
  readonly teams: readonly string[];
  readonly emails: readonly { readonly email: string; readonly primary: boolean; readonly verified: boolean }[];
}

/**
 * A server with the routes of GitHub that a sign-in uses, written after GitHub's published descriptions of its OAuth web
 * flow and REST API: errors of the token endpoint come with status 200, pages with a `Link` header, and whoever has no
 * `User-Agent` is refused. The API is below `/api/v3`, as that of GitHub Enterprise.
 */
export interface GithubServer extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly accounts: Map<number, GithubAccount>;
  /** The account that sits before every browser; undefined: it says no. */
  atBrowser: number | undefined;
  /** Takes all tokens of the account back. */
  revoke(account: number): void;
  readonly server: TlsServer;
}

interface Code {
  readonly account: number;
  readonly redirectUri: string;
  readonly challenge: string;
}

/** GitHub gives no more a page, whatever is asked. */
const maxPerPage = 100;

/** Starts a server with one OAuth app, and the accounts 1001 (octo-alice) and 1002 (octo-bob). */
export async function startGithubServer(redirectUri: string): Promise<GithubServer> {
  const server = await startTlsServer();
  const codes = new Map<string, Code>();
  const tokens = new Map<string, number>();
  const emails = (login: string) => [
    { email: `${login}@old.example`, primary: false, verified: true },
    { email: `${login}@example.com`, primary: true, verified: true },
  ];
  const self: GithubServer = {
    url: server.url,
    ca: server.ca,
    clientId: 'Iv1.drover',
    clientSecret: randomBytes(20).toString('hex'),
    accounts: new Map([
      [1001, account(1001, 'octo-alice', ['acme'], ['acme/platform'])],
      [1002, account(1002, 'octo-bob', [], [])],
    ]),
    atBrowser: 1001,
    revoke: id => {
      for (const [token, owner] of tokens) if (owner === id) tokens.delete(token);
    },
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };

  function account(id: number, login: string, organisations: string[], teams: string[]): GithubAccount {
    return { id, login, name: `The ${login}`, organisations, teams, emails: emails(login) };
  }

  server.handler = async (request, response) => {
    const url = new URL(request.url ?? '/', server.url);
    if (url.pathname === '/login/oauth/authorize') return authorize(url.searchParams, response);
    if (url.pathname === '/login/oauth/access_token') return accessToken(await textOf(request), request, response);
    if (url.pathname.startsWith('/api/v3/')) return api(url, request, response);
    return send(response, 404, { message: 'Not Found' });
  };

  function authorize(asked: URLSearchParams, response: ServerResponse): void {
    const back = new URL(asked.get('redirect_uri') ?? redirectUri);
    if (asked.get('client_id') !== self.clientId || back.href !== redirectUri) return send(response, 404, {});
    back.searchParams.set('state', asked.get('state') ?? '');
    if (self.atBrowser === undefined) back.searchParams.set('error', 'access_denied');
    else {
      const code = randomBytes(10).toString('hex');
      const challenge = asked.get('code_challenge_method') === 'S256' ? (asked.get('code_challenge') ?? '') : '';
      codes.set(code, { account: self.atBrowser, redirectUri: back.origin + back.pathname, challenge });
      back.searchParams.set('code', code);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  function accessToken(body: string, request: IncomingMessage, response: ServerResponse): void {
    const form = new URLSearchParams(body);
    if (form.get('client_id') !== self.clientId || form.get('client_secret') !== self.clientSecret) {
      return send(response, 200, {
        error: 'incorrect_client_credentials',
        error_description: 'The client is not known.',
      });
    }
    const name = form.get('code') ?? '';
    const code = codes.get(name);
    codes.delete(name);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code === undefined || (code.challenge !== '' && code.challenge !== challenge)) {
      return send(response, 200, { error: 'bad_verification_code', error_description: 'The code is incorrect.' });
    }
    if (code.redirectUri !== form.get('redirect_uri')) return send(response, 200, { error: 'redirect_uri_mismatch' });
    const token = `gho_${randomBytes(18).toString('hex')}`;
    tokens.set(token, code.account);
    const answer = { access_token: token, scope: 'read:org,user:email', token_type: 'bearer' };
    if (request.headers.accept?.includes('application/json')) return send(response, 200, answer);
    response.setHeader('content-type', 'application/x-www-form-urlencoded');
    response.end(new URLSearchParams(answer).toString());
  }

  function api(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (request.headers['user-agent'] === undefined) return send(response, 403, { message: 'User-Agent is required' });
    const [, token = ''] = request.headers.authorization?.split(' ') ?? [];
    const found = self.accounts.get(tokens.get(token) ?? 0);
    if (found === undefined) return send(response, 401, { message: 'Bad credentials' });
    const { id, login, name } = found;
    switch (url.pathname.slice('/api/v3'.length)) {
      case '/user':
        return send(response, 200, { id, login, name, type: 'User', email: null });
      case '/user/emails':
        return send(response, 200, found.emails);
      case '/user/orgs':
        return page(
          url,
          response,
          found.organisations.map((one, index) => ({ id: index + 1, login: one })),
        );
      case '/user/teams':
        return page(url, response, found.teams.map(teamOf));
      default:
        return send(response, 404, { message: 'Not Found' });
    }
  }

  function page(url: URL, response: ServerResponse, all: readonly object[]): void {
    const size = Math.min(Number(url.searchParams.get('per_page') ?? 30), maxPerPage);
    const number = Number(url.searchParams.get('page') ?? 1);
    const last = Math.max(1, Math.ceil(all.length / size));
    const to = (at: number): string => {
      const link = new URL(url);
      link.searchParams.set('page', String(at));
      return link.href;
    };
    if (number < last) response.setHeader('link', `<${to(number + 1)}>; rel="next", <${to(last)}>; rel="last"`);
    send(response, 200, all.slice((number - 1) * size, number * size));
  }
  return self;
}

function teamOf(name: string, index: number): object {
  const [organisation = '', slug = ''] = name.split('/');
  return { id: index + 1, name: slug.toUpperCase(), slug, organization: { id: 1, login: organisation } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
