import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { User } from '@drover/contracts';
import { impersonatedIdentity, ownIdentity } from './impersonation.ts';

const user = (name: string, groups: string[]): User => ({
  apiVersion: 'drover.dev/v1',
  kind: 'User',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { groups },
});

test('a user is known in clusters by the hub’s prefix', () => {
  assert.deepEqual(ownIdentity(user('alice', ['dev']), 'drover:'), {
    user: 'drover:alice',
    groups: ['drover:dev'],
    extra: {},
  });
});

test('T1 only who holds impersonate may, and the original user stays', () => {
  const headers = [
    ['impersonate-user', 'bob'],
    ['impersonate-group', 'dev'],
  ] as const;
  assert.throws(() => impersonatedIdentity(user('alice', ['dev']), 'drover:', headers), {
    code: 'impersonation-forbidden',
  });
  assert.deepEqual(impersonatedIdentity(user('root', ['admins']), 'drover:', headers), {
    user: 'bob',
    groups: ['dev'],
    extra: { 'drover.dev/original-user': ['drover:root'] },
  });
});

test('T4 system names, groups without a user and further headers are refused', () => {
  const admin = user('root', ['admins']);
  const refuse = (headers: [string, string][], code: string): void =>
    assert.throws(() => impersonatedIdentity(admin, 'drover:', headers), { code });
  refuse([['impersonate-user', 'system:admin']], 'impersonation-forbidden');
  refuse(
    [
      ['impersonate-user', 'bob'],
      ['impersonate-group', 'system:masters'],
    ],
    'impersonation-forbidden',
  );
  refuse([['impersonate-group', 'dev']], 'bad-request');
  refuse(
    [
      ['impersonate-user', 'bob'],
      ['impersonate-user', 'eve'],
    ],
    'bad-request',
  );
  refuse(
    [
      ['impersonate-user', 'bob'],
      ['impersonate-extra-scopes', 'all'],
    ],
    'bad-request',
  );
});
