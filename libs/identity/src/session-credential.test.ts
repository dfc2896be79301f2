import assert from 'node:assert/strict';
import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { before, test } from 'node:test';
import { importJWK, SignJWT } from 'jose';
import { type PublishedKeys, rotateKeys } from './key-rotation.ts';
import { type SessionClaims, SessionSigner, SessionVerifier } from './session-credential.ts';
import { newSigningKey, type SigningKeyFile } from './signing-key.ts';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const claims: SessionClaims = {
  user: 'alice',
  userUid: 'uid-1',
  sessionId: 'session-1',
  provider: 'local',
  startedMs: nowMs - 60_000,
  expiresAtMs: nowMs + 600_000,
};

let key: Awaited<ReturnType<typeof newSigningKey>>;
let signer: SessionSigner;
let verifier: SessionVerifier;
before(async () => {
  key = await newSigningKey();
  signer = await SessionSigner.create(key, 'hub-1');
  verifier = SessionVerifier.create({ keys: [{ ...key.publicJwk }] }, 'hub-1');
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const refused = (jws: string, kind: 'access' | 'session' = 'access'): void =>
  void assert.throws(() => verifier.verify(kind, jws, nowMs), { code: 'unauthenticated' });

test('a credential says who, by which session, and until when', async () => {
  const { kid } = key;
  assert.deepEqual(verifier.verify('access', await signer.sign('access', claims, nowMs), nowMs), { ...claims, kid });
  const scoped = { ...claims, clusters: ['alpha'] };
  assert.deepEqual(verifier.verify('access', await signer.sign('access', scoped, nowMs), nowMs), { ...scoped, kid });
});

test('a credential ends when it says', async () => {
  const jws = await signer.sign('access', claims, nowMs);
  verifier.verify('access', jws, claims.expiresAtMs - 1);
  assert.throws(() => verifier.verify('access', jws, claims.expiresAtMs), { code: 'token-expired' });
});

test('what renews a session opens no request, and a request’s credential renews nothing', async () => {
  refused(await signer.sign('session', claims, nowMs), 'access');
  refused(await signer.sign('access', claims, nowMs), 'session');
});

test('every key of the set verifies, so that keys can be rotated', async () => {
  const next = await newSigningKey();
  const both = SessionVerifier.create({ keys: [{ ...key.publicJwk }, { ...next.publicJwk }] }, 'hub-1');
  const nextSigner = await SessionSigner.create(next, 'hub-1');
  for (const one of [signer, nextSigner]) both.verify('access', await one.sign('access', claims, nowMs), nowMs);
  refused(await nextSigner.sign('access', claims, nowMs));
});

test('a rotated key signs from its time on, and the one before verifies until its end', async () => {
  let published: PublishedKeys = { keys: [{ ...key.publicJwk }] };
  let signing: SigningKeyFile = key;
  const rotating = await SessionSigner.create(() => signing, 'hub-1');
  const everywhere = SessionVerifier.create(() => published, 'hub-1');
  const sign = (atMs: number) => rotating.sign('access', { ...claims, expiresAtMs: atMs + 600_000 }, atMs);
  const before = await sign(nowMs);
  const times = { nowMs, graceMs: 1_000, overlapMs: 60_000 };
  const rotated = await rotateKeys({ role: 'session', hubId: 'hub-1', signing: key, published, ...times });
  ({ signing, published } = rotated);
  const after = await sign(nowMs + 1_000);
  assert.equal(everywhere.verify('access', before, nowMs + 60_999).kid, key.kid);
  assert.equal(everywhere.verify('access', after, nowMs + 1_000).kid, rotated.signing.next?.kid);
  assert.throws(() => everywhere.verify('access', before, nowMs + 61_000), { code: 'unauthenticated' });
  assert.equal(everywhere.trusts(key.kid, nowMs + 61_000), false);
  everywhere.verify('access', after, nowMs + 61_000);
});

test('T10 neither no algorithm, nor HS256 with the public key, nor another hub’s or a foreign credential is taken', async () => {
  const [, payload = ''] = (await signer.sign('access', claims, nowMs)).split('.');
  const typ = 'drover-access+jwt';
  refused(`${part({ alg: 'none', typ, kid: key.kid })}.${payload}.`);
  const publicKey = createPublicKey({ key: key.publicJwk as JsonWebKey, format: 'jwk' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  for (const secret of [pem, key.publicJwk.x ?? '']) {
    const signed = `${part({ alg: 'HS256', typ, kid: key.kid })}.${payload}`;
    refused(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`);
  }
  const elsewhere = await SessionSigner.create(key, 'hub-2');
  refused(await elsewhere.sign('access', claims, nowMs));
  const stranger = await newSigningKey();
  refused(await (await SessionSigner.create({ ...stranger, kid: key.kid }, 'hub-1')).sign('access', claims, nowMs));
});

test('a credential with a claim missing, or for several audiences, is refused', async () => {
  const privateKey = await importJWK(key.privateJwk, 'EdDSA');
  const whole = {
    uid: 'u',
    sid: 's',
    prv: 'local',
    auth_time: nowMs / 1000,
    sub: 'alice',
    iss: 'hub-1',
    aud: 'drover',
  };
  const sign = (payload: Record<string, unknown>): Promise<string> =>
    new SignJWT({ iat: nowMs / 1000, exp: nowMs / 1000 + 60, ...payload })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'drover-access+jwt' })
      .sign(privateKey);
  assert.equal(verifier.verify('access', await sign(whole), nowMs).user, 'alice');
  for (const claim of Object.keys(whole)) refused(await sign({ ...whole, [claim]: undefined }));
  refused(await sign({ ...whole, aud: ['drover', 'other'] }));
  refused(await sign({ ...whole, clusters: 'alpha' }));
  refused(await sign({ ...whole, auth_time: nowMs / 1000 + 3600 }));
});

test('what is no JWS is refused', () => {
  for (const text of ['', 'eyJ', 'a.b.c', 'eyJhbGciOiJFZERTQSJ9..', `eyJ${'x'.repeat(5000)}`]) refused(text);
});
