import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { importJWK, SignJWT } from 'jose';
import { AssertionSigner, AssertionVerifier, newSigningKey } from './index.ts';

const nowMs = 1_800_000_000_000;
const claims = {
  audience: 'uid-1',
  user: 'drover:alice',
  groups: ['drover:dev'],
  extra: { k: ['v'] },
  nowMs,
  lifetimeMs: 60_000,
};

async function world() {
  const key = await newSigningKey();
  const signer = await AssertionSigner.create(key);
  const verifier = AssertionVerifier.create({ keys: [{ ...key.publicJwk }] }, { audience: 'uid-1', maxCached: 2 });
  const sign = async (header: Record<string, string>, payload: Record<string, unknown>) =>
    new SignJWT({
      sub: 'drover:root',
      aud: 'uid-1',
      groups: [],
      extra: {},
      iat: nowMs / 1000,
      exp: nowMs / 1000 + 60,
      ...payload,
    })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'drover-identity+jwt', ...header })
      .sign(await importJWK(key.privateJwk, 'EdDSA'));
  return { key, signer, verifier, sign };
}

test('an assertion says who acts, for a minute', async () => {
  const { signer, verifier } = await world();
  const assertion = await signer.sign(claims);
  const { user, groups, extra } = await verifier.verify(assertion, nowMs);
  assert.deepEqual({ user, groups, extra }, { user: 'drover:alice', groups: ['drover:dev'], extra: { k: ['v'] } });
  await assert.rejects(verifier.verify(assertion, nowMs + 120_000), { code: 'identity-refused' });
});

test('T6 whoever lacks the key, the type, the audience or the time is refused', async () => {
  const { key, signer, verifier, sign } = await world();
  const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = b64({
    sub: 'drover:root',
    aud: 'uid-1',
    groups: [],
    extra: {},
    iat: nowMs / 1000,
    exp: nowMs / 1000 + 60,
  });
  const raw = createPublicKey({ format: 'jwk', key: { ...key.publicJwk } }).export({ format: 'der', type: 'spki' });
  const hmacHead = b64({ alg: 'HS256', kid: key.kid, typ: 'drover-identity+jwt' });
  const hmac = createHmac('sha256', raw).update(`${hmacHead}.${payload}`).digest('base64url');
  const good = await signer.sign(claims);
  const refused: Record<string, string> = {
    'alg none': `${b64({ alg: 'none', kid: key.kid, typ: 'drover-identity+jwt' })}.${payload}.`,
    'HS256 with the public key': `${hmacHead}.${payload}.${hmac}`,
    'another type': await sign({ typ: 'JWT' }, {}),
    'no kid': await sign({ kid: '' }, {}),
    'another audience': await sign({}, { aud: 'uid-2' }),
    'several audiences': await sign({}, { aud: ['uid-1', 'uid-2'] }),
    expired: await sign({}, { exp: nowMs / 1000 - 60 }),
    'never expiring': await sign({}, { exp: undefined }),
    'issued in the future': await sign({}, { iat: nowMs / 1000 + 60 }),
    'not saying when it was issued': await sign({}, { iat: undefined }),
    'an unknown kid': await sign({ kid: 'another' }, {}),
    'another key under a known kid': await (
      await AssertionSigner.create({ kid: key.kid, privateJwk: (await newSigningKey()).privateJwk })
    ).sign(claims),
    'an extra that is no list': await sign({}, { extra: { k: 'v' } }),
    'no user': await sign({}, { sub: undefined }),
    'groups that are no list': await sign({}, { groups: 'system:masters' }),
    tampered: good.replace(/\.[^.]+\./, `.${payload}.`),
    garbage: 'x',
  };
  for (const [what, assertion] of Object.entries(refused)) {
    await assert.rejects(verifier.verify(assertion, nowMs), { code: 'identity-refused' }, what);
  }
});

test('what is remembered is bounded, ends with its life, and is verified again when it was forgotten', async () => {
  const { signer, verifier } = await world();
  const assertion = await signer.sign(claims);
  const first = await verifier.verify(assertion, nowMs);
  assert.equal(await verifier.verify(assertion, nowMs), first);
  await assert.rejects(verifier.verify(assertion, first.expiresAtMs), { code: 'identity-refused' });
  for (const user of ['b', 'c']) await verifier.verify(await signer.sign({ ...claims, user }), nowMs);
  const again = await verifier.verify(assertion, nowMs);
  assert.notEqual(again, first);
  assert.deepEqual(again, first);
});

test('T6 a verifier takes Ed25519 keys with a kid only, and needs one', async () => {
  const { key } = await world();
  const unusable = [
    { kty: 'oct', kid: 'k', k: 'c2VjcmV0' },
    { kty: 'EC', crv: 'P-256', kid: 'k', x: 'AA', y: 'AA' },
    { ...key.publicJwk, kid: undefined },
  ];
  assert.throws(() => AssertionVerifier.create({ keys: unusable }, { audience: 'a', maxCached: 1 }), {
    code: 'config-invalid',
  });
});
