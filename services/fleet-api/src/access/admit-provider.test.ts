import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSecretKeys, SecretRing } from '@drover/identity';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { authProviders } from '../resources/index.ts';
import { providerSecret, resealed } from '../sign-in/provider-secrets.ts';

const path = `${objectsPath}/authproviders`;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const secret = 'correct-horse-battery';
const block = { servers: ['ldaps://dc1.corp.example'], bindDn: 'cn=hub', users: { base: 'dc=corp' } };

const provider = (ldap: object, annotations: Record<string, string> = {}) => ({
  apiVersion: 'drover.dev/v1',
  kind: 'AuthProvider',
  metadata: { name: 'corp', annotations },
  spec: { type: 'ldap', enabled: true, access: { mode: 'anyone' }, ldap },
});

test('T19 a provider’s secret can be written and is never shown, stored or logged in the open', async () => {
  await using hub = await serveFleet();
  const manifest = JSON.stringify(provider({ ...block, bindPassword: secret }));
  const wanted = provider({ ...block, bindPassword: secret }, { [lastApplied]: manifest, odd: 'kept' });
  const dry = await hub.call(admin, 'POST', `${path}?dryRun=All`, wanted);
  const made = await hub.call(admin, 'POST', path, wanted);
  const read = await hub.call(admin, 'GET', `${path}/corp`);
  const listed = await hub.call(admin, 'GET', path);
  assert.equal(made.status, 201, made.text);
  for (const answer of [dry, made, read, listed]) assert.doesNotMatch(answer.text, /correct-horse|secrets/);
  assert.equal(made.body.metadata.annotations.odd, 'kept');
  assert.equal(JSON.parse(made.body.metadata.annotations[lastApplied]).spec.ldap.bindDn, 'cn=hub');
  const kept = hub.fleet.registry.get(authProviders, 'corp');
  assert.doesNotMatch(JSON.stringify(kept), /correct-horse/);
  assert.equal(providerSecret(hub.secrets, kept, 'bindPassword'), secret);
  assert.equal(providerSecret(hub.secrets, kept, 'clientSecret'), undefined);
  assert.doesNotMatch(hub.log(), /correct-horse/);
});

test('a secret stays, changes, and goes; a client cannot bring a sealed one of his own', async () => {
  await using hub = await serveFleet();
  const kept = () => hub.fleet.registry.get(authProviders, 'corp');
  const opened = () => providerSecret(hub.secrets, kept(), 'bindPassword');
  const change = (body: object) =>
    hub.call(admin, 'PATCH', `${path}/corp`, body, { 'content-type': 'application/merge-patch+json' });
  await hub.call(admin, 'POST', path, provider({ ...block, bindPassword: secret }));
  const { secrets: first } = kept();

  assert.equal((await change({ spec: { displayName: 'Corp' } })).status, 200);
  assert.equal(kept().secrets, first);
  assert.equal((await change({ spec: { ldap: { bindPassword: secret } } })).status, 200);
  assert.equal(kept().secrets, first, 'the same again changes nothing');
  assert.equal((await change({ secrets: '{"bindPassword":"x"}' })).status, 200);
  assert.equal(kept().secrets, first);
  assert.equal((await change({ spec: { ldap: { bindPassword: 'another' } } })).status, 200);
  assert.equal(opened(), 'another');
  assert.equal((await change({ spec: { ldap: { bindPassword: '', bindDn: null } } })).status, 200);
  assert.equal(opened(), undefined);
});

test('a secret is not sent elsewhere by who does not know it', async () => {
  await using hub = await serveFleet();
  const change = (ldap: object) =>
    hub.call(admin, 'PATCH', `${path}/corp`, { spec: { ldap } }, { 'content-type': 'application/merge-patch+json' });
  await hub.call(admin, 'POST', path, provider({ ...block, bindPassword: secret }));
  for (const moved of [{ servers: ['ldaps://mallory.example'] }, { ca: 'PEM' }, { bindDn: 'cn=mallory' }]) {
    const refused = await change(moved);
    assert.equal(refused.status, 422, JSON.stringify(moved));
    assert.match(refused.body.message, /spec\.ldap\.bindPassword/);
  }
  assert.equal((await change({ servers: ['ldaps://dc2.corp.example'], bindPassword: secret })).status, 200);
});

test('secrets are sealed anew for other keys', async () => {
  await using hub = await serveFleet();
  await hub.call(admin, 'POST', path, provider({ ...block, bindPassword: secret }));
  const kept = hub.fleet.registry.get(authProviders, 'corp');
  assert.equal(resealed(hub.secrets, kept), kept);
  assert.throws(() => resealed(SecretRing.read(newSecretKeys()), kept), /cannot be opened/);
  hub.secrets.adopt(newSecretKeys(hub.secretKeys));
  // The janitor's next sweep.
  hub.clock.advance(10 * 60_000);
  const current = () => hub.fleet.registry.get(authProviders, 'corp');
  while (current().secrets === kept.secrets) await new Promise(setImmediate);
  assert.equal(resealed(hub.secrets, current()), current());
  assert.equal(providerSecret(hub.secrets, current(), 'bindPassword'), secret);
});
