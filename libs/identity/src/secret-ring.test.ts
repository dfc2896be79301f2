import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import { newSecretKeys, SecretRing } from './secret-ring.ts';

const code = (wanted: string) => (error: unknown) => error instanceof DroverError && error.code === wanted;

test('seals and opens for one purpose, and never twice alike', () => {
  const ring = SecretRing.read(newSecretKeys());
  const sealed = ring.seal('grüße 🔑', 'provider corp');
  assert.equal(ring.open(sealed, 'provider corp'), 'grüße 🔑');
  assert.equal(ring.open(ring.seal('', 'x'), 'x'), '');
  assert.notEqual(ring.seal('a', 'x'), ring.seal('a', 'x'));
  assert.throws(() => ring.open(sealed, 'provider other'), code('secret-unreadable'));
});

test('opens nothing that was changed, cut or sealed with another key', () => {
  const ring = SecretRing.read(newSecretKeys());
  const sealed = ring.seal('secret', 'x');
  const [kid = '', nonce = '', text = ''] = sealed.split('.');
  const flipped = Buffer.from(text, 'base64url');
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  const wrong = [
    [kid, nonce, flipped.toString('base64url')].join('.'),
    [kid, Buffer.alloc(12).toString('base64url'), text].join('.'),
    [kid, '', text].join('.'),
    [kid, nonce, text.slice(0, -4)].join('.'),
    [kid, nonce].join('.'),
    'x',
    '',
    SecretRing.read(newSecretKeys()).seal('secret', 'x'),
  ];
  for (const one of wrong) assert.throws(() => ring.open(one, 'x'), code('secret-unreadable'), one);
});

test('rotates with overlap: a new key opens at once, and seals when its time has come', () => {
  let now = 1_000;
  const before = newSecretKeys();
  const ring = SecretRing.read(before, () => now);
  const slow = SecretRing.read(before, () => now);
  const sealed = ring.seal('secret', 'x');
  const both = newSecretKeys(before, 2_000);
  ring.adopt(both);
  assert.equal(ring.isCurrent(sealed), true);
  assert.equal(slow.open(ring.seal('secret', 'x'), 'x'), 'secret', 'a replica that has not read the file yet');
  now = 2_000;
  slow.adopt(both);
  assert.equal(ring.isCurrent(sealed), false);
  assert.equal(ring.open(sealed, 'x'), 'secret');
  const again = ring.seal('secret', 'x');
  assert.equal(ring.isCurrent(again), true);
  assert.equal(slow.open(again, 'x'), 'secret');
  assert.throws(() => ring.adopt('nonsense'), code('config-invalid'));
  assert.equal(ring.open(again, 'x'), 'secret');
});

test('refuses what is no key file, and repeats none of it (T19)', () => {
  const short = JSON.stringify({ keys: [{ kty: 'oct', kid: 'a', k: 'c2hvcnQ' }] });
  for (const text of ['', '{}', '{"keys":[]}', '{"keys":[null]}', short, 'topsecret']) {
    assert.throws(
      () => SecretRing.read(text),
      (error: unknown) => code('config-invalid')(error) && !/topsecret|c2hvcnQ/.test(String(error)),
      text,
    );
  }
});
