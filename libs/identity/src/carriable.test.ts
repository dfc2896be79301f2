import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkCarriable, identityLimits, isSystemName } from './index.ts';

const unsafe = { name: 'DroverError', code: 'identity-unsafe' };

test('T4: names that a header carries unchanged are accepted', () => {
  for (const name of ['drover:alice', 'a', 'alice@example.com', 'https://idp/x#1', "Ann O'Hara"]) {
    checkCarriable(name, [name]);
  }
});

test('T4: names that a header would change, split or hide are refused, as user and as group', () => {
  const names = ['', ' a', 'a ', 'a\r\nImpersonate-User: b', 'a\nb', 'a\0b', 'a\tb', 'a,b', 'jürgen', 'a\x7f', '日本'];
  for (const name of names) {
    assert.throws(() => checkCarriable(name, []), unsafe, JSON.stringify(name));
    assert.throws(() => checkCarriable('a', ['b', name]), unsafe, JSON.stringify(name));
  }
});

test('T4: whatever is accepted is printable ASCII, without a comma, the same after a header’s trimming', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), name => {
      try {
        checkCarriable(name, []);
      } catch {
        return;
      }
      assert.equal(name.trim(), name);
      assert.match(name, /^[\x20-\x7e]+$/);
      assert.doesNotMatch(name, /,/);
    }),
  );
});

test('T4: lists up to the limits are carried whole, longer ones are refused', () => {
  const { maxGroups, maxGroupsBytes, maxNameBytes } = identityLimits;
  checkCarriable('a', new Array<string>(maxGroups).fill('g'));
  assert.throws(() => checkCarriable('a', new Array<string>(maxGroups + 1).fill('g')), unsafe);
  checkCarriable('a'.repeat(maxNameBytes), []);
  assert.throws(() => checkCarriable('a'.repeat(maxNameBytes + 1), []), unsafe);
  const full = 'g'.repeat(maxNameBytes);
  const fitting = Math.floor(maxGroupsBytes / maxNameBytes) - 1;
  checkCarriable('a', new Array<string>(fitting).fill(full));
  assert.throws(() => checkCarriable('a', new Array<string>(fitting + 1).fill(full)), unsafe);
});

test('T4: reserved names are known in any case', () => {
  for (const name of ['system:masters', 'System:admin', 'SYSTEM:', 'system:serviceaccount:a:b']) {
    assert.equal(isSystemName(name), true, name);
  }
  for (const name of ['drover:system:masters', 'system', 'systems:x']) assert.equal(isSystemName(name), false, name);
});
