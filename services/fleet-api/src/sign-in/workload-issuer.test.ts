import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ManualClock, systemClock } from '@drover/async';
import type { WorkloadProviderSpec } from '@drover/contracts';
import type { JWTPayload } from 'jose';
import { type LyingIssuer, startLyingIssuer } from './testing/index.ts';
import { WorkloadIssuer } from './workload-issuer.ts';

const { signal } = new AbortController();
const rules = [{ claims: { repository: 'acme/shop' }, user: 'ci', ttlSeconds: 600 }];

const trusting = (issuer: LyingIssuer, more: Partial<WorkloadProviderSpec> = {}) =>
  new WorkloadIssuer({
    name: 'actions',
    spec: { issuer: issuer.url, audience: 'drover', ca: issuer.ca, rules, ...more },
    clock: systemClock,
    timeoutMs: 1_000,
  });

/** What GitHub Actions says of a job, as far as it matters. */
const claimsOf = (issuer: LyingIssuer): JWTPayload => ({
  iss: issuer.url,
  aud: 'drover',
  sub: 'repo:acme/shop:ref:refs/heads/main',
  repository: 'acme/shop',
  ref: 'refs/heads/main',
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 300,
});

suite('a trusted issuer of JWTs', () => {
  test('says who a program is; its keys are fetched once, wherever they are named', async () => {
    await using issuer = await startLyingIssuer();
    const jwt = await issuer.sign(claimsOf(issuer));
    await using discovered = trusting(issuer);
    assert.equal((await discovered.verify(jwt, signal)).sub, 'repo:acme/shop:ref:refs/heads/main');
    await discovered.verify(jwt, signal);
    assert.deepEqual(issuer.server.asked, ['GET /.well-known/openid-configuration', 'GET /jwks']);

    await using named = trusting(issuer, { jwksUri: `${issuer.url}/jwks` });
    await named.verify(jwt, signal);
    assert.equal(issuer.server.asked.length, 3);
    await using given = trusting(issuer, { jwks: await issuer.jwks(), issuer: issuer.url });
    await issuer.server.stop();
    await given.verify(jwt, signal);
  });

  test('that is down is said to be so, and believed again once it is back', async () => {
    await using issuer = await startLyingIssuer();
    const jwt = await issuer.sign(claimsOf(issuer));
    await using provider = trusting(issuer);
    await issuer.server.stop();
    await assert.rejects(provider.verify(jwt, signal), { code: 'provider-unavailable', message: /provider actions/ });
    await issuer.server.start();
    await provider.verify(jwt, signal);

    await using other = trusting(issuer);
    const { handler } = issuer.server;
    issuer.server.handler = (request, response) =>
      request.url === '/jwks' ? void response.writeHead(404).end() : handler(request, response);
    await assert.rejects(other.verify(jwt, signal), { code: 'provider-unavailable' });
    issuer.server.handler = () => {};
    await assert.rejects(other.verify(jwt, signal), { code: 'provider-unavailable', message: /within 1000 ms/ });
    issuer.server.handler = handler;
    await other.verify(jwt, signal);
  });

  const lies: Record<string, (claims: JWTPayload, issuer: LyingIssuer) => string | Promise<string>> = {
    'with alg none': (claims, issuer) => issuer.unsigned(claims),
    'with HS256 and the public key': (claims, issuer) => issuer.signWithPublicKey(claims),
    'of another key': (claims, issuer) => issuer.signWithAnother(claims),
    'of a key that is not published': (claims, issuer) => issuer.sign(claims, { kid: 'two' }),
    'of another issuer': (claims, issuer) => issuer.sign({ ...claims, iss: 'https://evil.example' }),
    'for another audience': (claims, issuer) => issuer.sign({ ...claims, aud: 'sts.amazonaws.com' }),
    'for another audience besides': (claims, issuer) => issuer.sign({ ...claims, aud: ['drover', 'another'] }),
    'that has expired': (claims, issuer) => issuer.sign({ ...claims, exp: (claims.iat ?? 0) - 60 }),
    'that never expires': ({ exp: _, ...claims }, issuer) => issuer.sign(claims),
    'of tomorrow': (claims, issuer) => issuer.sign({ ...claims, iat: (claims.iat ?? 0) + 86_400 }),
    'with no subject': ({ sub: _, ...claims }, issuer) => issuer.sign(claims),
    'that is no JWT': () => 'ey.ey.ey',
  };
  for (const [name, lie] of Object.entries(lies)) {
    test(`T10 is not believed a JWT ${name}`, async () => {
      await using issuer = await startLyingIssuer();
      const jwt = await lie(claimsOf(issuer), issuer);
      for (const more of [{}, { jwks: await issuer.jwks() }]) {
        await using provider = trusting(issuer, more);
        await assert.rejects(provider.verify(jwt, signal), { code: 'unauthenticated' });
      }
    });
  }

  test('is asked for an unknown key once in a while, however many JWTs name one', async () => {
    await using issuer = await startLyingIssuer();
    await using provider = trusting(issuer);
    await provider.verify(await issuer.sign(claimsOf(issuer)), signal);
    for (let at = 0; at < 20; at++) {
      const forged = await issuer.sign(claimsOf(issuer), { kid: `forged-${at}` });
      await assert.rejects(provider.verify(forged, signal), { code: 'unauthenticated' });
    }
    assert.equal(issuer.server.asked.filter(line => line === 'GET /jwks').length, 1);
  });

  test('is held to the clock of the hub', async () => {
    await using issuer = await startLyingIssuer();
    const clock = new ManualClock(Date.now());
    const spec = { issuer: issuer.url, audience: 'drover', ca: issuer.ca, rules };
    await using provider = new WorkloadIssuer({ name: 'actions', spec, clock });
    const jwt = await issuer.sign(claimsOf(issuer));
    await provider.verify(jwt, signal);
    clock.advance(10 * 60_000);
    await assert.rejects(provider.verify(jwt, signal), { code: 'unauthenticated', message: /has expired/ });
  });
});
