import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import { AssertionSigner, AssertionVerifier, newSigningKey } from '@drover/identity';
import { actingIdentity, Identities } from './identities.ts';

const nowMs = 1_800_000_000_000;
const code = (value: unknown): string => (value instanceof DroverError ? value.code : 'ok');

async function world(audience = 'uid-1') {
  const key = await newSigningKey();
  const signer = await AssertionSigner.create(key);
  const verifier = AssertionVerifier.create({ keys: [{ ...key.publicJwk }] }, { audience: 'uid-1', maxCached: 4 });
  const clock = { now: nowMs };
  const identities = new Identities(verifier, () => clock.now);
  const sign = (user: string, groups: string[] = []) =>
    signer.sign({ audience, user, groups, extra: {}, nowMs, lifetimeMs: 60_000 });
  return { identities, sign, clock };
}

test('T3 a stream without an identity is refused', async () => {
  const { identities } = await world();
  assert.equal(code(identities.of(0)), 'identity-missing');
  assert.equal(code(identities.of(7)), 'identity-missing');
});

test('T6 an assertion of another key, for another cluster, or no JWS at all acts for nobody', async () => {
  const { identities } = await world();
  const stranger = await world();
  identities.name(1, await stranger.sign('drover:root'));
  const elsewhere = await world('uid-2');
  identities.name(2, await elsewhere.sign('drover:root'));
  identities.name(3, 'eyJhbGciOiJub25lIn0.e30.');
  for (const number of [1, 2, 3]) assert.equal(code(await identities.of(number)), 'identity-refused');
});

test('an identity acts until it expires', async () => {
  const { identities, sign, clock } = await world();
  identities.name(1, await sign('drover:alice', ['drover:dev']));
  const acting = await identities.of(1);
  assert.deepEqual(acting instanceof DroverError ? [] : acting.headers, [
    'impersonate-user',
    'drover:alice',
    'impersonate-group',
    'drover:dev',
  ]);
  clock.now += 120_000;
  assert.equal(code(await identities.of(1)), 'identity-refused');
});

test('T4 the agent refuses system names and names that a header cannot carry', () => {
  const identity =
    (user: string, groups: string[] = []) =>
    () =>
      actingIdentity({ user, groups, extra: {}, expiresAtMs: nowMs });
  assert.throws(identity('system:admin'), { code: 'identity-refused' });
  assert.throws(identity('SYSTEM:admin'), { code: 'identity-refused' });
  assert.throws(identity('drover:alice', ['system:masters']), { code: 'identity-refused' });
  for (const name of ['', 'a\r\nb', 'a,b', 'ä', ' a', 'a ', 'a\0b', 'x'.repeat(2000)]) {
    assert.throws(identity(name), { code: 'identity-unsafe' }, JSON.stringify(name));
  }
  assert.throws(identity('drover:alice', new Array(600).fill('drover:g')), { code: 'identity-unsafe' });
  identity('drover:alice', new Array(300).fill(`drover:${'g'.repeat(90)}`))();
});

test('an extra’s key is percent-encoded, since a slash is not legal in a header’s name', () => {
  const { headers } = actingIdentity({
    user: 'u',
    groups: [],
    extra: { 'drover.dev/original-user': ['drover:root'] },
    expiresAtMs: nowMs,
  });
  assert.deepEqual(headers.slice(2), ['impersonate-extra-drover.dev%2Foriginal-user', 'drover:root']);
});
