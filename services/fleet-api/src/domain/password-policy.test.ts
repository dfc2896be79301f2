import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwordFault } from './password-policy.ts';

test('refuses what is tried first, and little else', () => {
  const refused = [
    'short',
    'x'.repeat(1025),
    'Password1!',
    'alice2026',
    'ALICE!!!!!',
    'aaaaaaaaaa',
    '12345678',
    'hgfedcba',
    '1!2?3-4_5',
    'a\0bcdefgh',
    'changeme123',
  ];
  for (const password of refused) assert.equal(typeof passwordFault(password, 'alice', 8), 'string', password);
  const taken = ['correct horse', 'a right password', 'Tr0ub4dor&3', 'пароль-длинный', '9f3k2m8x', 'alice-in-chains'];
  for (const password of taken) assert.equal(passwordFault(password, 'alice', 8), undefined, password);
});

test('the shortest length is as it is set', () => {
  assert.equal(passwordFault('correct horse', 'alice', 20), 'a password has 20 to 1024 characters');
  assert.equal(passwordFault('correct horse battery', 'alice', 20), undefined);
});
