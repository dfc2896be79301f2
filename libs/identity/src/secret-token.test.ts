import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashPassword, mintToken, parseToken, verifyDummyPassword, verifyPassword } from './index.ts';

test('T8 a token has 256 random bits, and only its hash is kept', () => {
  const { token, id, hash } = mintToken('drj');
  assert.match(token, /^drj_[a-z][a-z2-7]{9}_[0-9A-Za-z]{49}$/);
  assert.deepEqual(parseToken(token), { kind: 'drj', id, hash });
  assert.doesNotMatch(hash, new RegExp(token.slice(15)));
  assert.equal(new Set(Array.from({ length: 200 }, () => mintToken('drv').token)).size, 200);
});

test('a token that was mistyped or cut is told from a good one, and is not repeated in the error', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 40, maxLength: 40 }),
      fc.nat(63),
      fc.constantFrom(...'abcXYZ059'),
      (bytes, at, character) => {
        let rest = bytes;
        const draw = (count: number): Uint8Array => {
          const drawn = rest.subarray(0, count);
          rest = rest.subarray(count);
          return drawn;
        };
        const { token } = mintToken('drv', draw);
        const place = at % token.length;
        fc.pre(token[place] !== character);
        const wrong = token.slice(0, place) + character + token.slice(place + 1);
        assert.throws(
          () => parseToken(wrong),
          (error: Error & { code: string }) => error.code === 'token-malformed' && !error.message.includes(wrong),
        );
        assert.throws(() => parseToken(token.slice(0, -1)), { code: 'token-malformed' });
      },
    ),
  );
});

test('a password is known by its argon2id hash', async () => {
  const stored = await hashPassword('correct horse');
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(await verifyPassword('correct horse', stored), true);
  assert.equal(await verifyPassword('wrong horse', stored), false);
  assert.equal(await verifyPassword('x', 'not a hash'), false);
  assert.equal(await verifyDummyPassword('a password that nobody has'), false);
  await assert.rejects(hashPassword(''), { code: 'invalid' });
});
