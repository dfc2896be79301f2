import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { GithubProviderSpec } from '@drover/contracts';
import { GithubProvider } from './github.ts';
import { browseUntil, type GithubServer, startGithubServer, startTlsServer } from './testing/index.ts';

const redirectUri = 'https://hub.example/login/github/callback';
const state = 'a-state-that-was-made-at-random';
const { signal } = new AbortController();

const providerOf = (github: GithubServer, more: Partial<GithubProviderSpec> = {}, secret = github.clientSecret) =>
  new GithubProvider({
    name: 'github',
    spec: { url: github.url, clientId: github.clientId, ca: github.ca, ...more },
    secret: async () => secret,
    timeoutMs: 2_000,
  });

async function signIn(provider: GithubProvider, github: GithubServer) {
  const { url, kept } = await provider.begin({ redirectUri, state, signal });
  const callback = await browseUntil(url, redirectUri, github.ca);
  return provider.finish({ callback, redirectUri, state, kept, signal });
}

suite('GitHub', () => {
  test('says who somebody is, with organisations and teams of every page', async () => {
    await using github = await startGithubServer(redirectUri);
    await using provider = providerOf(github);
    const { refreshSecret, ...alice } = await signIn(provider, github);
    assert.deepEqual(alice, {
      subject: '1001',
      username: 'octo-alice',
      displayName: 'The octo-alice',
      email: 'octo-alice@example.com',
      groups: ['acme', 'acme/platform'],
    });
    assert.match(refreshSecret ?? '', /^gho_/);

    const teams = Array.from({ length: 230 }, (_, index) => `acme/team-${index}`);
    github.accounts.set(1001, { ...required(github.accounts.get(1001)), teams });
    const { groups } = await signIn(provider, github);
    assert.deepEqual(groups, ['acme', ...teams]);
    assert.deepEqual(
      github.server.asked.filter(line => line.includes('/user/teams')).slice(-3),
      [1, 2, 3].map(page => `GET /api/v3/user/teams?per_page=100&page=${page}`),
    );
  });

  test('tells of other groups at a refresh, and of nobody once the token is taken back or the account is gone', async () => {
    await using github = await startGithubServer(redirectUri);
    await using provider = providerOf(github);
    const { refreshSecret = '' } = await signIn(provider, github);
    github.accounts.set(1001, { ...required(github.accounts.get(1001)), login: 'renamed', teams: [] });
    const refreshed = await provider.refresh({ subject: '1001', refreshSecret, signal });
    assert.ok(refreshed !== 'gone');
    assert.deepEqual([refreshed.subject, refreshed.username, refreshed.groups], ['1001', 'renamed', ['acme']]);
    assert.equal(await provider.refresh({ subject: '1002', refreshSecret, signal }), 'gone');
    github.revoke(1001);
    assert.equal(await provider.refresh({ subject: '1001', refreshSecret, signal }), 'gone');
  });

  test('T10 another state, another verifier, a used code and a no are no sign-in', async () => {
    await using github = await startGithubServer(redirectUri);
    await using provider = providerOf(github);
    const { url, kept } = await provider.begin({ redirectUri, state, signal });
    assert.match(url, /code_challenge_method=S256/);
    const callback = await browseUntil(url, redirectUri, github.ca);
    const finish = (more: object) => provider.finish({ callback, redirectUri, state, kept, signal, ...more });
    const unauthenticated = { code: 'unauthenticated' };
    await assert.rejects(finish({ state: 'of another browser' }), unauthenticated);
    await assert.rejects(finish({ kept: {} }), { code: 'internal' });
    const asked = github.server.asked.length;
    const mixedUp = new URL(callback);
    mixedUp.searchParams.set('iss', 'https://evil.example');
    await assert.rejects(finish({ callback: mixedUp }), unauthenticated);
    assert.equal(github.server.asked.length, asked, 'the code went nowhere');
    assert.equal((await finish({})).subject, '1001');
    await assert.rejects(finish({}), unauthenticated);

    const again = await provider.begin({ redirectUri, state, signal });
    const second = await browseUntil(again.url, redirectUri, github.ca);
    await assert.rejects(finish({ callback: second }), unauthenticated, 'the verifier of another sign-in');

    github.atBrowser = undefined;
    const third = await provider.begin({ redirectUri, state, signal });
    const denied = await browseUntil(third.url, redirectUri, github.ca);
    await assert.rejects(finish({ callback: denied, kept: third.kept }), {
      code: 'unauthenticated',
      message: /cancelled/,
    });
  });

  test('T10 a token goes nowhere else, wherever redirects and links lead', async () => {
    await using elsewhere = await startTlsServer((_, response) => void response.end('{}'));
    await using github = await startGithubServer(redirectUri);
    await using provider = providerOf(github);
    const { refreshSecret = '' } = await signIn(provider, github);
    const { handler } = github.server;
    github.server.handler = (request, response) => {
      if (request.url?.startsWith('/api/v3/user/orgs')) {
        response.writeHead(302, { location: `${elsewhere.url}/orgs` }).end();
        return;
      }
      return handler(request, response);
    };
    await assert.rejects(provider.refresh({ subject: '1001', refreshSecret, signal }), {
      code: 'provider-unavailable',
    });
    github.server.handler = (request, response) => {
      if (request.url?.includes('page=1')) response.setHeader('link', `<${elsewhere.url}/next>; rel="next"`);
      return handler(request, response);
    };
    assert.notEqual(await provider.refresh({ subject: '1001', refreshSecret, signal }), 'gone');
    assert.deepEqual(elsewhere.asked, []);
  });

  test('that is down, slow or does not know the hub is said to be so, and is asked again once it is back', async () => {
    await using github = await startGithubServer(redirectUri);
    await using provider = providerOf(github);
    const { refreshSecret = '' } = await signIn(provider, github);
    const refresh = () => provider.refresh({ subject: '1001', refreshSecret, signal });
    const unavailable = { code: 'provider-unavailable', message: /provider github/ };
    await github.server.stop();
    await assert.rejects(refresh(), unavailable);
    await github.server.start();
    assert.notEqual(await refresh(), 'gone');

    const { handler } = github.server;
    github.server.handler = () => {};
    await using impatient = new GithubProvider({
      name: 'github',
      spec: { url: github.url, clientId: github.clientId, ca: github.ca },
      secret: async () => github.clientSecret,
      timeoutMs: 100,
    });
    await assert.rejects(impatient.refresh({ subject: '1001', refreshSecret, signal }), unavailable);
    github.server.handler = (_, response) => void response.writeHead(403).end('{"message":"API rate limit exceeded"}');
    await assert.rejects(refresh(), unavailable);
    github.server.handler = (_, response) => void response.end('x'.repeat(3 * 1024 * 1024));
    await assert.rejects(refresh(), unavailable);
    github.server.handler = handler;

    await using stranger = providerOf(github, {}, 'another secret');
    await assert.rejects(signIn(stranger, github), { code: 'provider-unavailable', message: /refuses the hub/ });
    await using distrusting = new GithubProvider({
      name: 'github',
      spec: { url: github.url, clientId: github.clientId },
      secret: async () => github.clientSecret,
    });
    await assert.rejects(distrusting.refresh({ subject: '1001', refreshSecret, signal }), unavailable);
  });
});

function required<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}
