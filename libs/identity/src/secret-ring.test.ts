import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import { firstSecretKey, newSecretKeys, SecretRing } from './secret-ring.ts';

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

test('rotates with overlap', () => {
  const before = newSecretKeys();
  const sealed = SecretRing.read(before).seal('secret', 'x');
  const both = newSecretKeys(before);
  const ring = SecretRing.read(both);
  assert.equal(ring.open(sealed, 'x'), 'secret');
  assert.equal(ring.isCurrent(sealed), false);
  const again = ring.seal('secret', 'x');
  assert.equal(ring.isCurrent(again), true);
  const alone = SecretRing.read(firstSecretKey(both));
  assert.equal(alone.open(again, 'x'), 'secret');
  assert.throws(() => alone.open(sealed, 'x'), code('secret-unreadable'));
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
