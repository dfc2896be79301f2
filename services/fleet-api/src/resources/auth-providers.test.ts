import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';

const path = `${objectsPath}/authproviders`;
const provider = (name: string, spec: object) => ({
  apiVersion: 'drover.dev/v1',
  kind: 'AuthProvider',
  metadata: { name },
  spec,
});
const oidc = { issuer: 'https://issuer.example', clientId: 'drover' };
const rules = [{ claims: { repository: 'acme/shop' }, user: 'ci' }];
const workload = { issuer: 'https://issuer.example', audience: 'drover', rules };

test('a provider has the block of its type, with what is usual where nothing is said', async () => {
  await using hub = await serveFleet();
  const user = { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name: 'ci' }, spec: {} };
  assert.equal((await hub.call(admin, 'POST', `${objectsPath}/users`, user)).status, 201);
  const made = await hub.call(admin, 'POST', path, provider('corp', { type: 'oidc', oidc }));
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.body.spec.oidc.scopes, ['openid', 'profile', 'email']);
  assert.equal(made.body.spec.oidc.claims.groups, 'groups');

  const refused = async (spec: object, why: RegExp) => {
    const answer = await hub.call(admin, 'POST', path, provider('other', spec));
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.body.message, why);
  };
  await refused({ type: 'oidc' }, /spec\.oidc: Required value/);
  await refused({ type: 'oidc', oidc, github: { clientId: 'x' } }, /spec\.github: Forbidden/);
  await refused({ type: 'oidc', oidc: { ...oidc, ca: 'no certificate' } }, /spec\.oidc\.ca.*certificate in PEM/);
  await refused({ type: 'workload', workload: { ...workload, rules: [] } }, /spec\.workload\.rules/);
  await refused(
    { type: 'workload', workload: { ...workload, jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}' } },
    /public keys/,
  );
  await refused(
    { type: 'workload', workload: { ...workload, jwks: '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}' } },
    /public keys/,
  );
  await refused(
    { type: 'workload', workload: { ...workload, rules: [{ claims: { sub: '**' }, user: 'ci' }] } },
    /must say more than \*/,
  );
});

test('T10 a provider is reached by https, or on loopback, and its issuer stays', async () => {
  await using hub = await serveFleet();
  const user = { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name: 'ci' }, spec: {} };
  assert.equal((await hub.call(admin, 'POST', `${objectsPath}/users`, user)).status, 201);
  for (const issuer of [
    'http://issuer.example',
    'http://localhost:9000',
    'http://127.0.0.1.example/',
    'http://10.0.0.1',
  ]) {
    const answer = await hub.call(admin, 'POST', path, provider('corp', { type: 'oidc', oidc: { ...oidc, issuer } }));
    assert.equal(answer.status, 422, issuer);
    assert.match(answer.body.message, /must be https/);
  }
  const local = provider('local-issuer', { type: 'oidc', oidc: { ...oidc, issuer: 'http://127.0.0.1:9000' } });
  assert.equal((await hub.call(admin, 'POST', path, local)).status, 201);

  for (const [name, spec, changed] of [
    ['corp', { type: 'oidc', oidc }, { oidc: { issuer: 'https://evil.example' } }],
    ['forge', { type: 'github', github: { clientId: 'x' } }, { github: { url: 'https://evil.example' } }],
    ['forge-api', { type: 'github', github: { clientId: 'x' } }, { github: { apiUrl: 'https://evil.example' } }],
    ['ci', { type: 'workload', workload }, { workload: { issuer: 'https://evil.example' } }],
  ] as const) {
    assert.equal((await hub.call(admin, 'POST', path, provider(name, spec))).status, 201);
    const merge = { 'content-type': 'application/merge-patch+json' };
    const answer = await hub.call(admin, 'PATCH', `${path}/${name}`, { spec: changed }, merge);
    assert.equal(answer.status, 422, name);
    assert.match(answer.body.message, /another issuer has other people/);
  }
});
