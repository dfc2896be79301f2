import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyDummyPassword, verifyPassword } from './index.ts';

test('a password is known again by its hash, and no other is', async () => {
  const stored = await hashPassword('correct horse');
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await verifyPassword('correct horse', stored), true);
  for (const other of ['', 'correct hors', 'correct horse ', 'Correct horse', 'x'.repeat(2000)]) {
    assert.equal(await verifyPassword(other, stored), false, other.slice(0, 20));
  }
  assert.notEqual(await hashPassword('correct horse'), stored);
});

test('a hash of the reference implementation is understood', async () => {
  // echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 (phc-winner-argon2, test.c)
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await verifyPassword('password', stored), true);
  assert.equal(await verifyPassword('passwore', stored), false);
});

test('the same letters in another Unicode form are the same password', async () => {
  assert.equal(await verifyPassword('caf\u0065\u0301', await hashPassword('caf\u00e9')), true);
});

test('what is no argon2id hash verifies nothing', async () => {
  const parts = 'c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  for (const stored of [
    '',
    'password',
    '$2b$10$abcdefghijklmnopqrstuv',
    `$argon2i$v=19$m=65536,t=2,p=1$${parts}`,
    `$argon2id$v=19$m=0,t=2,p=1$${parts}`,
    `$argon2id$v=19$m=9999999,t=2,p=1$${parts}`,
    '$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$',
  ]) {
    assert.equal(await verifyPassword('password', stored), false, stored);
  }
});

test('an empty or a huge password is refused', async () => {
  await assert.rejects(hashPassword(''), { code: 'invalid' });
  await assert.rejects(hashPassword('x'.repeat(1025)), { code: 'invalid' });
});

test('T13: nobody has the password of an unknown user', async () => {
  assert.equal(await verifyDummyPassword('a password that nobody has'), false);
});

test('T13: tries beyond the queue’s bound are refused at once, and the others are all answered', async () => {
  const stored = '$argon2id$v=19$m=100,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  const tries = await Promise.allSettled(Array.from({ length: 300 }, () => verifyPassword('x', stored)));
  const answered = tries.filter(({ status }) => status === 'fulfilled').length;
  assert.equal(answered, 2 + 256);
  for (const each of tries) {
    if (each.status === 'rejected') assert.equal(each.reason.code, 'too-many-requests');
  }
  assert.equal(await verifyPassword('x', stored), false);
});
