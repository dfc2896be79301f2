import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SessionVerifier } from '@drover/identity';
import type { JWTPayload } from 'jose';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { type LyingIssuer, startLyingIssuer } from './testing/index.ts';

const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const jwtType = 'urn:ietf:params:oauth:token-type:jwt';
const providers = `${objectsPath}/authproviders`;

/** A hub that trusts the issuer, with the service users `ci` and `deploy`. */
async function hubTrusting(issuer: LyingIssuer) {
  const hub = await serveFleet();
  for (const name of ['ci', 'deploy']) {
    const user = { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name }, spec: {} };
    assert.equal((await hub.call(admin, 'POST', `${objectsPath}/users`, user)).status, 201);
  }
  const rules = [
    {
      claims: { repository: 'acme/shop', ref: 'refs/heads/main' },
      user: 'deploy',
      clusters: ['prod'],
      ttlSeconds: 900,
    },
    { claims: { repository: 'acme/*' }, user: 'ci' },
  ];
  const workload = { issuer: issuer.url, audience: 'drover', ca: issuer.ca, rules };
  const provider = providerOf('actions', workload);
  const made = await hub.call(admin, 'POST', providers, provider);
  assert.equal(made.status, 201, made.text);
  const now = Math.floor(hub.clock.now() / 1000);
  const claims = {
    iss: issuer.url,
    aud: 'drover',
    sub: 'repo:acme/shop:ref:refs/heads/main',
    iat: now,
    exp: now + 300,
  };
  const sign = (more: JWTPayload) => issuer.sign({ ...claims, ...more });
  const exchange = async (fields: Record<string, string>) => {
    const form = new URLSearchParams({ grant_type: grant, subject_token_type: jwtType, ...fields });
    const answer = await fetch(`${hub.url}/v1/oauth/token`, { method: 'POST', body: form });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
    return { status: answer.status, body: (await answer.json()) as any };
  };
  return { hub, workload, sign, exchange };
}

const providerOf = (name: string, workload: object) => ({
  apiVersion: 'drover.dev/v1',
  kind: 'AuthProvider',
  metadata: { name },
  spec: { type: 'workload', enabled: true, workload },
});

suite('the exchange of a workload’s JWT', () => {
  test('gives the credential of the first rule that matches, and no session', async () => {
    await using issuer = await startLyingIssuer();
    const { hub, sign, exchange } = await hubTrusting(issuer);
    await using _ = hub;
    const verifier = SessionVerifier.create({ keys: [{ ...hub.sessionKey.publicJwk }] }, 'hub-1');
    const main = await exchange({ subject_token: await sign({ repository: 'acme/shop', ref: 'refs/heads/main' }) });
    assert.equal(main.status, 200, JSON.stringify(main.body));
    const { access_token, ...about } = main.body;
    assert.deepEqual(about, {
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 900,
      user: 'deploy',
    });
    const claims = verifier.verify('access', access_token, hub.clock.now());
    assert.deepEqual([claims.user, claims.provider, claims.clusters], ['deploy', 'actions', ['prod']]);
    assert.equal(claims.expiresAtMs, hub.clock.now() + 900_000);
    assert.throws(() => verifier.verify('session', access_token, hub.clock.now()), { code: 'unauthenticated' });
    const again = await exchange({ grant_type: 'refresh_token', client_id: 'drover-cli', refresh_token: access_token });
    assert.equal(again.body.error, 'invalid_grant');

    const branch = await exchange({ subject_token: await sign({ repository: 'acme/shop', ref: 'refs/heads/x' }) });
    assert.equal(branch.body.user, 'ci');
    assert.equal(verifier.verify('access', branch.body.access_token, hub.clock.now()).clusters, undefined);
    const one = await exchange({
      subject_token: await sign({ repository: 'acme/shop' }),
      resource: 'https://hub.example/k8s/clusters/test',
    });
    assert.deepEqual(verifier.verify('access', one.body.access_token, hub.clock.now()).clusters, ['test']);
    const foreign = await exchange({
      subject_token: await sign({ repository: 'acme/shop', ref: 'refs/heads/main' }),
      resource: 'https://hub.example/k8s/clusters/test',
    });
    assert.deepEqual([foreign.status, foreign.body.error], [400, 'invalid_target']);
    assert.ok(!hub.log().includes(access_token), 'no credential in the log (T19)');
  });

  test('T10 is refused, and says why, to who is not trusted', async () => {
    await using issuer = await startLyingIssuer();
    const { hub, sign, exchange } = await hubTrusting(issuer);
    await using _ = hub;
    const refused = async (fields: Record<string, string>, error: string, why: RegExp) => {
      const { status, body } = await exchange(fields);
      assert.deepEqual([status, body.error], [error === 'temporarily_unavailable' ? 503 : 400, error]);
      assert.match(body.error_description, why);
    };
    const repository = 'acme/shop';
    const good = await sign({ repository });
    await refused({ subject_token: await sign({ repository: 'evil/shop' }) }, 'invalid_request', /no rule of actions/);
    await refused(
      { subject_token: await sign({ repository, iss: 'https://evil.example' }) },
      'invalid_request',
      /trusts/,
    );
    await refused({ subject_token: await sign({ repository, aud: 'other' }) }, 'invalid_request', /trusts/);
    await refused({ subject_token: `${good.slice(0, -8)}AAAAAAAA` }, 'invalid_request', /not one of the provider/);
    await refused({ subject_token: await sign({ repository, exp: 1 }) }, 'invalid_request', /has expired/);
    await refused({ subject_token: 'no JWT' }, 'invalid_request', /no JWT/);
    await refused({}, 'invalid_request', /subject_token is missing/);
    const type = 'urn:ietf:params:oauth:token-type:saml2';
    await refused({ subject_token: good, subject_token_type: type }, 'invalid_request', /subject_token_type/);
    await refused({ subject_token: good, requested_token_type: jwtType }, 'invalid_request', /requested_token_type/);
    await refused({ subject_token: good, actor_token: good }, 'invalid_request', /actor_token/);

    const merge = { 'content-type': 'application/merge-patch+json' };
    await hub.call(admin, 'PATCH', `${objectsPath}/users/ci`, { spec: { disabled: true } }, merge);
    await refused({ subject_token: good }, 'invalid_grant', /disabled/);
    await hub.call(admin, 'PATCH', `${objectsPath}/users/ci`, { spec: { disabled: false } }, merge);
    assert.equal((await exchange({ subject_token: good })).status, 200);
    await hub.call(admin, 'PATCH', `${providers}/actions`, { spec: { enabled: false } }, merge);
    await refused({ subject_token: good }, 'invalid_request', /trusts/);
    await hub.call(admin, 'PATCH', `${providers}/actions`, { spec: { enabled: true } }, merge);
    await issuer.server.stop();
    await refused({ subject_token: good }, 'temporarily_unavailable', /provider actions cannot be reached/);
    await issuer.server.start();
    assert.equal((await exchange({ subject_token: good })).status, 200);
  });

  test('T10 who may write providers cannot make himself a user who has more', async () => {
    await using issuer = await startLyingIssuer();
    const { hub, workload } = await hubTrusting(issuer);
    await using _ = hub;
    const user = {
      apiVersion: 'drover.dev/v1',
      kind: 'User',
      metadata: { name: 'chief' },
      spec: { groups: ['admins'] },
    };
    assert.equal((await hub.call(admin, 'POST', `${objectsPath}/users`, user)).status, 201);
    const manager = { ...user, metadata: { name: 'manager' }, spec: {} };
    assert.equal((await hub.call(admin, 'POST', `${objectsPath}/users`, manager)).status, 201);
    const binding = {
      apiVersion: 'drover.dev/v1',
      kind: 'GlobalRoleBinding',
      metadata: { name: 'manager' },
      spec: { globalRole: 'authn-manage', user: 'manager' },
    };
    assert.equal((await hub.call(admin, 'POST', `${objectsPath}/globalrolebindings`, binding)).status, 201);
    const trying = (name: string, rules: object[]) =>
      hub.call('manager', 'POST', providers, providerOf(name, { ...workload, rules }));
    const claims = { repository: 'evil/shop' };
    assert.equal((await trying('one', [{ claims, user: 'chief' }])).status, 403);
    assert.equal((await trying('two', [{ claims, user: 'who-comes-later' }])).status, 422);
    assert.equal((await trying('three', [{ claims, user: 'ci' }])).status, 201, 'who has no more than he');

    const chiefs = providerOf('chiefs', {
      ...workload,
      rules: [{ claims: { repository: 'acme/ops' }, user: 'chief' }],
    });
    assert.equal((await hub.call(admin, 'POST', providers, chiefs)).status, 201);
    const merge = { 'content-type': 'application/merge-patch+json' };
    const patch = (spec: object) => hub.call('manager', 'PATCH', `${providers}/chiefs`, { spec }, merge);
    assert.equal((await patch({ workload: { jwks: await issuer.jwks() } })).status, 403, 'another signer');
    assert.equal((await patch({ enabled: false })).status, 200);
    assert.equal((await patch({ enabled: true })).status, 403);
  });
});
