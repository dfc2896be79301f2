import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';

const path = `${objectsPath}/authproviders`;
const merge = { 'content-type': 'application/merge-patch+json' };
const directory = (enabled: boolean) => ({
  apiVersion: 'drover.dev/v1',
  kind: 'AuthProvider',
  metadata: { name: 'corp' },
  spec: {
    type: 'ldap',
    enabled,
    access: { mode: 'anyone' },
    ldap: { servers: ['ldaps://dc1.corp.example'], users: { base: 'dc=corp' } },
  },
});

test('the local provider is there from the start, under its one name, and is not deleted', async () => {
  await using hub = await serveFleet();
  const found = await hub.call(admin, 'GET', `${path}/local`);
  assert.deepEqual([found.status, found.body.spec.type, found.body.spec.enabled], [200, 'local', true]);
  const another = { ...directory(true), metadata: { name: 'second' }, spec: { type: 'local', enabled: true } };
  assert.equal((await hub.call(admin, 'POST', path, another)).status, 422);
  const refused = await hub.call(admin, 'DELETE', `${path}/local`);
  assert.equal(refused.status, 422, refused.text);
  assert.equal((await hub.call(admin, 'GET', `${path}/local`)).status, 200);
});

test('the last provider by which people sign in stays on', async () => {
  await using hub = await serveFleet();
  const set = (name: string, enabled: boolean) =>
    hub.call(admin, 'PATCH', `${path}/${name}`, { spec: { enabled } }, merge);
  assert.equal((await set('local', false)).status, 422);
  assert.equal((await hub.call(admin, 'POST', path, directory(false))).status, 201);
  assert.equal((await set('local', false)).status, 422, 'the other one is off');
  assert.equal((await set('corp', true)).status, 200);
  assert.equal((await set('local', false)).status, 200);
  assert.equal((await set('corp', false)).status, 422);
  assert.equal((await hub.call(admin, 'DELETE', `${path}/corp`)).status, 422);
  assert.equal((await set('local', true)).status, 200);
  assert.equal((await hub.call(admin, 'DELETE', `${path}/corp`)).status, 200);
});
