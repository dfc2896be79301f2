import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '@drover/async';
import type { OidcProviderSpec } from '@drover/contracts';
import { OidcProvider } from './oidc.ts';
import { browseUntil, type OidcServer, startOidcServer } from './testing/index.ts';

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

suite('an issuer of OpenID Connect', { concurrency: false }, () => {
  test('says who somebody is', async () => {
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
    assert.equal(issuer.server.asked.filter(line => line.includes('well-known')).length, 1, 'discovery is kept');

    issuer.atBrowser = 'sub-bob';
    await signIn(provider, issuer);
    assert.equal(issuer.server.asked.filter(line => line.includes('well-known')).length, 1);
    assert.equal(issuer.server.asked.filter(line => line === 'GET /jwks').length, 1, 'its keys are kept');
  });
});
