import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '@drover/async';
import type { OidcProviderSpec } from '@drover/contracts';
import type { JWTPayload } from 'jose';
import { OidcProvider } from './oidc.ts';
import { browseUntil, type LyingIssuer, type OidcServer, startLyingIssuer, startOidcServer } from './testing/index.ts';

const redirectUri = 'https://hub.example/login/corp/callback';
const state = 'a-state-that-was-made-at-random';
const { signal } = new AbortController();

const specOf = (issuer: OidcServer, more: Partial<OidcProviderSpec> = {}): OidcProviderSpec => ({
  issuer: issuer.url,
  clientId: issuer.clientId,
  ca: issuer.ca,
  scopes: ['openid', 'profile', 'email'],
  claims: { username: 'preferred_username', displayName: 'name', email: 'email', groups: 'groups' },
  ...more,
});

const providerOf = (issuer: OidcServer, more: Partial<OidcProviderSpec> = {}, clientSecret?: string) =>
  new OidcProvider({
    name: 'corp',
    spec: specOf(issuer, more),
    secret: async () => clientSecret ?? issuer.clientSecret,
    clock: systemClock,
  });

/** The whole way to the issuer and back. */
async function signIn(provider: OidcProvider, issuer: OidcServer) {
  const { url, kept } = await provider.begin({ redirectUri, state, signal });
  const callback = await browseUntil(url, redirectUri, issuer.ca);
  return provider.finish({ callback, redirectUri, state, kept, signal });
}

suite('an issuer of OpenID Connect', () => {
  test('says who somebody is, and is asked for its document and its keys once', async () => {
    await using issuer = await startOidcServer({ redirectUris: [redirectUri] });
    await using provider = providerOf(issuer);
    const { logoutHint, ...alice } = await signIn(provider, issuer);
    assert.deepEqual(alice, {
      subject: 'sub-alice',
      username: 'alice',
      displayName: 'Alice Example',
      email: 'alice@example.com',
      groups: ['dev'],
    });
    assert.match(logoutHint ?? '', /^ey/);
    issuer.atBrowser = 'sub-bob';
    assert.equal((await signIn(provider, issuer)).username, 'bob');
    assert.equal(issuer.server.asked.filter(line => line.includes('well-known')).length, 1);
    assert.equal(issuer.server.asked.filter(line => line === 'GET /jwks').length, 1);
  });

  test('knows the hub by its secret in the header, in the form, or by PKCE alone', async () => {
    for (const authentication of ['client_secret_basic', 'client_secret_post', 'none'] as const) {
      await using issuer = await startOidcServer({ redirectUris: [redirectUri], authentication });
      await using provider = providerOf(issuer, { clientAuthentication: authentication });
      assert.equal((await signIn(provider, issuer)).subject, 'sub-alice', authentication);
    }
    await using issuer = await startOidcServer({ redirectUris: [redirectUri] });
    await using stranger = providerOf(issuer, {}, 'another secret');
    await assert.rejects(signIn(stranger, issuer), {
      code: 'provider-unavailable',
      message: /refuses the hub: invalid_client/,
    });
  });

  test('is read by the claims that the provider names, and those that it requires', async () => {
    await using issuer = await startOidcServer({ redirectUris: [redirectUri] });
    issuer.accounts.set('sub-alice', { name: 'al', groups: 'one', realm_access: { roles: ['dev', 'dev', '', 7] } });
    const claims = { username: 'name', displayName: 'nothing', email: 'email', groups: 'realm_access.roles' };
    await using nested = providerOf(issuer, { claims });
    const { logoutHint: _, ...identity } = await signIn(nested, issuer);
    assert.deepEqual(identity, { subject: 'sub-alice', username: 'al', groups: ['dev'] });
    await using single = providerOf(issuer);
    const { username, groups } = await signIn(single, issuer);
    assert.deepEqual([username, groups], ['sub-alice', ['one']], 'the subject, where there is no name');

    const requiring = async (requiredClaims: OidcProviderSpec['requiredClaims']) => {
      await using provider = providerOf(issuer, { requiredClaims });
      return (await signIn(provider, issuer)).subject;
    };
    assert.equal(await requiring([{ claim: 'name', values: ['x', 'al'] }]), 'sub-alice');
    assert.equal(await requiring([{ claim: 'realm_access.roles', values: ['7'] }, { claim: 'name' }]), 'sub-alice');
    await assert.rejects(requiring([{ claim: 'name', values: ['bob'] }]), { code: 'forbidden', message: /of name/ });
    await assert.rejects(requiring([{ claim: 'hd' }]), { code: 'forbidden' });
  });

  test('tells of other groups at each refresh, by a refresh token that turns over, and of nobody who is gone', async () => {
    await using issuer = await startOidcServer({ redirectUris: [redirectUri] });
    await using provider = providerOf(issuer, { scopes: ['openid', 'profile', 'offline_access'] });
    const { refreshSecret } = await signIn(provider, issuer);
    assert.ok(refreshSecret !== undefined);
    issuer.accounts.set('sub-alice', { preferred_username: 'alice', groups: ['dev', 'oncall'] });
    const refreshed = await provider.refresh({ subject: 'sub-alice', refreshSecret, signal });
    assert.ok(refreshed !== 'gone');
    assert.deepEqual(refreshed.groups, ['dev', 'oncall']);
    assert.ok(refreshed.refreshSecret !== undefined && refreshed.refreshSecret !== refreshSecret);
    const next = { subject: 'sub-bob', refreshSecret: refreshed.refreshSecret, signal };
    assert.equal(await provider.refresh(next), 'gone', 'another subject');
    // A refresh token that is used twice was stolen, and its whole family ends.
    assert.equal(await provider.refresh({ subject: 'sub-alice', refreshSecret, signal }), 'gone');

    const again = await signIn(provider, issuer);
    issuer.accounts.delete('sub-alice');
    const gone = { subject: 'sub-alice', refreshSecret: again.refreshSecret ?? '', signal };
    assert.equal(await provider.refresh(gone), 'gone');
    await assert.rejects(provider.refresh({ subject: 'sub-alice', signal }), { code: 'provider-unavailable' });
  });

  test('ends its own session too, where it can', async () => {
    const returnTo = 'https://hub.example/login';
    await using issuer = await startOidcServer({ redirectUris: [redirectUri], postLogoutRedirectUris: [returnTo] });
    await using provider = providerOf(issuer);
    const { logoutHint = '' } = await signIn(provider, issuer);
    const url = new URL((await provider.logoutUrl({ hint: logoutHint, returnTo, signal })) ?? 'about:blank');
    assert.equal(url.origin, issuer.url);
    assert.equal(url.searchParams.get('post_logout_redirect_uri'), returnTo);
    assert.equal(url.searchParams.get('id_token_hint'), logoutHint);

    await issuer.server.stop();
    await using fresh = providerOf(issuer);
    assert.equal(await fresh.logoutUrl({ returnTo, signal }), undefined, 'a logout does not fail for it');
    await using plain = await startLyingIssuer();
    assert.equal(await liarOf(plain).logoutUrl({ returnTo, signal }), undefined);
  });

  test('that is down or slow is said to be so, and sign-in goes on once it is back', async () => {
    await using issuer = await startOidcServer({ redirectUris: [redirectUri] });
    await using provider = providerOf(issuer);
    const refresh = (given: AbortSignal) => provider.refresh({ subject: 'x', refreshSecret: 'x', signal: given });
    const begin = (one = provider) => one.begin({ redirectUri, state, signal });
    const unavailable = { code: 'provider-unavailable', message: /provider corp/ };
    await issuer.server.stop();
    await assert.rejects(begin(), unavailable);
    await issuer.server.start();
    assert.equal((await signIn(provider, issuer)).subject, 'sub-alice');

    const { handler } = issuer.server;
    issuer.server.handler = () => {};
    const spec = specOf(issuer);
    await using impatient = new OidcProvider({
      name: 'corp',
      spec,
      secret: async () => undefined,
      clock: systemClock,
      timeoutMs: 100,
    });
    await assert.rejects(begin(impatient), { ...unavailable, message: /within 100 ms/ });
    const leaving = AbortSignal.abort(new Error('the caller left'));
    await assert.rejects(
      provider.begin({ redirectUri, state, signal }).then(() => refresh(leaving)),
      /the caller left/,
    );
    issuer.server.handler = handler;
    assert.equal((await signIn(provider, issuer)).subject, 'sub-alice');
  });

  test('whose certificate the given CA did not sign is not talked to', async () => {
    await using issuer = await startOidcServer({ redirectUris: [redirectUri] });
    await using other = await startLyingIssuer();
    await using provider = providerOf(issuer, { ca: other.ca });
    await assert.rejects(provider.begin({ redirectUri, state, signal }), { code: 'provider-unavailable' });
    assert.deepEqual(issuer.server.asked, []);
  });
});

const liarOf = (issuer: LyingIssuer) =>
  new OidcProvider({
    name: 'corp',
    spec: {
      issuer: issuer.url,
      clientId: 'drover',
      ca: issuer.ca,
      scopes: ['openid'],
      claims: { username: 'preferred_username', displayName: 'name', email: 'email', groups: 'groups' },
    },
    secret: async () => 'secret',
    clock: systemClock,
  });

suite('T10 an ID token', () => {
  /** One sign-in whose ID token is what `lie` makes of true claims. */
  async function told(lie: (claims: JWTPayload, issuer: LyingIssuer) => string | Promise<string>, iss?: string | null) {
    await using issuer = await startLyingIssuer();
    await using provider = liarOf(issuer);
    const { url, kept } = await provider.begin({ redirectUri, state, signal });
    const asked = new URL(url).searchParams;
    assert.equal(asked.get('code_challenge_method'), 'S256');
    const now = Math.floor(Date.now() / 1000);
    const nonce = asked.get('nonce');
    const claims = { iss: issuer.url, aud: 'drover', sub: 'sub-1', iat: now, exp: now + 60, nonce };
    issuer.idToken = await lie(claims, issuer);
    const callback = new URL(`${redirectUri}?code=c&state=${state}`);
    if (iss !== null) callback.searchParams.set('iss', iss ?? issuer.url);
    const [outcome] = await Promise.allSettled([provider.finish({ callback, redirectUri, state, kept, signal })]);
    return { outcome, asked: issuer.server.asked };
  }

  const lies: Record<string, (claims: JWTPayload, issuer: LyingIssuer) => string | Promise<string>> = {
    'with alg none': (claims, issuer) => issuer.unsigned(claims),
    'with HS256 and the public key': (claims, issuer) => issuer.signWithPublicKey(claims),
    'of another key': (claims, issuer) => issuer.signWithAnother(claims),
    'of a key that is not published': (claims, issuer) => issuer.sign(claims, { kid: 'two' }),
    'of another issuer': (claims, issuer) => issuer.sign({ ...claims, iss: 'https://evil.example' }),
    'for another audience': (claims, issuer) => issuer.sign({ ...claims, aud: 'another' }),
    'for another party besides': (claims, issuer) =>
      issuer.sign({ ...claims, aud: ['drover', 'another'], azp: 'another' }),
    'that has expired': (claims, issuer) => issuer.sign({ ...claims, exp: (claims.iat ?? 0) - 120 }),
    'with the nonce of another sign-in': (claims, issuer) => issuer.sign({ ...claims, nonce: 'replayed' }),
    'with no nonce': ({ nonce: _, ...claims }, issuer) => issuer.sign(claims),
    'with no subject': ({ sub: _, ...claims }, issuer) => issuer.sign(claims),
    'that was changed': async (claims, issuer) => {
      const [header, , signature] = (await issuer.sign(claims)).split('.');
      const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
      return `${header}.${payload}.${signature}`;
    },
  };
  for (const [name, lie] of Object.entries(lies)) {
    test(`${name} is no sign-in`, async () => {
      const { outcome } = await told(lie);
      assert.ok(outcome.status === 'rejected');
      assert.equal(outcome.reason.code, 'unauthenticated', outcome.reason);
    });
  }

  test('that is true is one, and the e-mail address in it decides nothing', async () => {
    const { outcome } = await told((claims, issuer) => issuer.sign({ ...claims, email: 'admin@example.com' }));
    assert.ok(outcome.status === 'fulfilled');
    assert.deepEqual([outcome.value.subject, outcome.value.username], ['sub-1', 'sub-1']);
  });

  test('whose callback names another issuer, or none where one is promised, is never asked for', async () => {
    for (const iss of ['https://evil.example', null]) {
      const { outcome, asked } = await told((claims, issuer) => issuer.sign(claims), iss);
      assert.ok(outcome.status === 'rejected');
      assert.equal(outcome.reason.code, 'unauthenticated');
      assert.ok(!asked.some(line => line.startsWith('POST /token')), 'the code went nowhere');
    }
  });

  test('is not asked for with another state, a state twice, or with no verifier', async () => {
    await using issuer = await startLyingIssuer();
    await using provider = liarOf(issuer);
    const { kept } = await provider.begin({ redirectUri, state, signal });
    const finish = (query: string, more: object = {}) =>
      provider.finish({
        callback: new URL(`${redirectUri}?${query}&iss=${issuer.url}`),
        redirectUri,
        state,
        kept,
        signal,
        ...more,
      });
    await assert.rejects(finish('code=c&state=another'), { code: 'unauthenticated' });
    await assert.rejects(finish('code=c'), { code: 'unauthenticated' });
    await assert.rejects(finish(`code=c&state=${state}&state=another`), { code: 'unauthenticated' });
    await assert.rejects(finish(`code=c&state=${state}`, { kept: { nonce: 'n' } }), { code: 'internal' });
    await assert.rejects(finish(`error=access_denied&state=${state}`), {
      code: 'unauthenticated',
      message: /cancelled/,
    });
    await assert.rejects(finish(`error=%3Cscript%3E&state=${state}`), error => !String(error).includes('script'));
    assert.ok(!issuer.server.asked.some(line => line.startsWith('POST /token')));
  });
});

suite('T10 a discovery document', () => {
  test('of another issuer, or one that leads out of https, is not believed', async () => {
    const begun = async (metadata: Record<string, unknown>) => {
      await using issuer = await startLyingIssuer();
      Object.assign(issuer.metadata, metadata);
      await using provider = liarOf(issuer);
      return await provider.begin({ redirectUri, state, signal });
    };
    await assert.rejects(begun({ issuer: 'https://evil.example' }), { code: 'provider-unavailable' });
    await assert.rejects(begun({ authorization_endpoint: 'http://evil.example/authorize' }), {
      code: 'provider-unavailable',
      message: /not https/,
    });
  });

  test('that redirects is not followed, nor is a token endpoint that does', async () => {
    await using elsewhere = await startLyingIssuer();
    await using issuer = await startLyingIssuer();
    const { handler } = issuer.server;
    const redirecting = (path: string): void => {
      issuer.server.handler = (request, response) => {
        if (request.url !== path) return handler(request, response);
        response.writeHead(307, { location: elsewhere.url + path }).end();
      };
    };
    await using provider = liarOf(issuer);
    redirecting('/.well-known/openid-configuration');
    await assert.rejects(provider.begin({ redirectUri, state, signal }), { code: 'provider-unavailable' });
    redirecting('/token');
    const { kept } = await provider.begin({ redirectUri, state, signal });
    const callback = new URL(`${redirectUri}?code=c&state=${state}&iss=${issuer.url}`);
    await assert.rejects(provider.finish({ callback, redirectUri, state, kept, signal }), { code: 'unauthenticated' });
    assert.deepEqual(elsewhere.server.asked, []);
  });
});
