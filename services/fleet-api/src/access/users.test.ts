import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, serveFleet } from '../fleet-for-tests.ts';
import { users } from '../resources/index.ts';
import { giveRole, make, object, pathOf } from './for-tests.ts';

const password = 'a long password';
const merge = { 'content-type': 'application/merge-patch+json' };

test('nobody takes the rights that a provider’s group gives another, by a token or a password of his', async () => {
  await using served = await serveFleet();
  const { call, fleet } = served;
  for (const username of ['manager', 'alice']) await call(admin, 'POST', '/v1/users', { username, password });
  for (const role of ['tokens-manage', 'users-manage']) await giveRole(served, 'manager', role);
  const binding = { globalRole: 'settings-manage', group: 'okta:operators' };
  await make(served, 'globalrolebindings', object('GlobalRoleBinding', 'operators', binding));
  const tryAll = async (): Promise<number[]> => [
    (await call('manager', 'POST', pathOf('tokens'), object('Token', '', { user: 'alice' }))).status,
    (await call('manager', 'POST', '/v1/tokens', { user: 'alice' })).status,
    (await call('manager', 'PUT', '/v1/users/alice/password', { password: 'another password' })).status,
  ];
  assert.deepEqual(await tryAll(), [201, 201, 204]);
  await fleet.registry.update(users, 'alice', user => ({ ...user, status: { groups: ['okta:operators'] } }), {
    part: 'status',
  });
  assert.deepEqual(await tryAll(), [403, 403, 403]);
});

test('the last administrator is neither deleted, disabled nor made another, whoever asks', async () => {
  await using served = await serveFleet();
  const { call, fleet } = served;
  const user = (name: string, spec: object) => call(admin, 'POST', pathOf('users'), object('User', name, spec));
  await user('first', { groups: ['admins'] });
  await user('gone', { groups: ['admins'], disabled: true });
  await user('other', {});
  const first = `${pathOf('users')}/first`;
  const changes = async (): Promise<number[]> => [
    (await call(admin, 'PATCH', first, { spec: { disabled: true } }, merge)).status,
    (await call(admin, 'PATCH', first, { spec: { groups: ['others'] } }, merge)).status,
    (await call(admin, 'DELETE', first)).status,
    (await call(admin, 'DELETE', pathOf('users'))).status,
  ];
  assert.deepEqual(await changes(), [403, 403, 403, 403]);
  assert.equal((await call(admin, 'PATCH', first, { spec: { displayName: 'x' } }, merge)).status, 200);
  assert.ok(fleet.registry.find(users, 'first'));
  // One by a binding of his own counts as well.
  await user('other', {});
  await giveRole(served, 'other', 'admin');
  assert.equal((await call(admin, 'DELETE', first)).status, 200);
  assert.equal((await call(admin, 'DELETE', `${pathOf('users')}/other`)).status, 403);
});
