import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GlobalRoleBinding, User } from '@drover/contracts';
import { type ClusterBinding, Membership } from './membership.ts';

const user = (name: string, ...groups: string[]): User => ({ metadata: { name }, spec: { groups } }) as unknown as User;
const binding = (namespace: string, spec: { user?: string; group?: string }): ClusterBinding =>
  ({ metadata: { namespace }, spec: { roleTemplate: 'cluster-member', ...spec } }) as unknown as ClusterBinding;
const globally = (globalRole: string, name: string): GlobalRoleBinding =>
  ({ metadata: {}, spec: { globalRole, user: name } }) as unknown as GlobalRoleBinding;

test('a member of a cluster is whom a role is bound to there, by name or by group', () => {
  const members = new Membership();
  assert.equal(members.has(user('alice'), 'alpha'), false);
  members.setClusterBinding(binding('alpha', { user: 'alice' }), undefined);
  members.setClusterBinding(binding('beta', { group: 'ops' }), undefined);
  assert.deepEqual(
    [user('alice'), user('bob', 'ops'), user('ops')].map(one => [members.has(one, 'alpha'), members.has(one, 'beta')]),
    [
      [true, false],
      [false, true],
      [false, false],
    ],
  );
});

test('T5 who is bound twice is a member until both bindings are gone', () => {
  const members = new Membership();
  const [first, second] = [binding('alpha', { user: 'alice' }), binding('alpha', { user: 'alice' })];
  for (const one of [first, second]) members.setClusterBinding(one, undefined);
  members.setClusterBinding(undefined, first);
  assert.equal(members.has(user('alice'), 'alpha'), true);
  members.setClusterBinding(undefined, second);
  assert.equal(members.has(user('alice'), 'alpha'), false);
});

test('the hub’s administrators are members of every cluster, and other global roles make nobody one', () => {
  const members = new Membership();
  assert.equal(members.has(user('root', 'admins'), 'alpha'), true);
  members.setGlobalBinding(globally('users-manage', 'carol'), undefined);
  assert.equal(members.has(user('carol'), 'alpha'), false);
  const admin = globally('admin', 'carol');
  members.setGlobalBinding(admin, undefined);
  assert.equal(members.has(user('carol'), 'alpha'), true);
  members.setGlobalBinding(undefined, admin);
  assert.equal(members.has(user('carol'), 'alpha'), false);
});

test('a binding of everybody makes everybody a member', () => {
  const members = new Membership();
  members.setClusterBinding(binding('alpha', { group: 'system:authenticated' }), undefined);
  assert.equal(members.has(user('dave'), 'alpha'), true);
});
