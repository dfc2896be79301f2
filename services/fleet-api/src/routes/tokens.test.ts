import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashToken, parseToken } from '@drover/identity';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { tokens } from '../resources/index.ts';

const password = 'correct horse';
const setting = (value: string): object => ({
  apiVersion: 'drover.dev/v1',
  kind: 'Setting',
  metadata: { name: 'token-max-ttl' },
  spec: { value },
});

test('T8 a rotated token has another secret, and the old one ends with its grace', async () => {
  await using served = await serveFleet();
  const { call, clock, fleet } = served;
  for (const username of ['alice', 'bob']) await call(admin, 'POST', '/v1/users', { username, password });
  const made = (await call('alice', 'POST', '/v1/tokens', { description: 'ci' })).body;
  const path = `/v1/tokens/${made.name}/rotate`;
  const rotated = await call('alice', 'POST', path, { graceSeconds: 600 });
  assert.equal(rotated.status, 201, rotated.text);
  assert.equal(parseToken(rotated.body.token).id, made.name);
  assert.notEqual(rotated.body.token, made.token);
  assert.equal(rotated.body.expiresAt, made.expiresAt, 'its end stays');
  assert.equal(Date.parse(rotated.body.previousUntil), clock.now() + 600_000);
  const kept = fleet.registry.get(tokens, made.name);
  assert.deepEqual([kept.hash, kept.previousHash], [rotated.body.token, made.token].map(hashToken));
  const shown = await call('alice', 'GET', `${objectsPath}/tokens/${made.name}`);
  assert.ok(shown.body.status.rotatedAt);
  assert.doesNotMatch(shown.text, /ash|previous|drv_/);

  const review = async (token: string): Promise<boolean | undefined> =>
    (
      await call(admin, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token },
      })
    ).body.status.authenticated;
  assert.deepEqual([await review(made.token), await review(rotated.body.token)], [true, true]);
  clock.advance(600_000);
  assert.deepEqual([await review(made.token), await review(rotated.body.token)], [false, true]);

  const longer = await call('alice', 'POST', path, { graceSeconds: 0, ttlSeconds: 3600 });
  assert.equal(Date.parse(longer.body.expiresAt), clock.now() + 3_600_000);
  assert.deepEqual([await review(rotated.body.token), await review(longer.body.token)], [false, true]);
  clock.advance(3_600_000);
  assert.equal((await call('alice', 'POST', path)).status, 401, 'what has ended is not brought back');
});

test('a token is rotated by its user, and by who manages tokens and holds what he holds', async () => {
  await using served = await serveFleet();
  const { call } = served;
  for (const username of ['alice', 'bob']) await call(admin, 'POST', '/v1/users', { username, password });
  const { name } = (await call('alice', 'POST', '/v1/tokens')).body;
  const rotate = async (as: string, token = name): Promise<number> =>
    (await call(as, 'POST', `/v1/tokens/${token}/rotate`, {})).status;
  assert.deepEqual([await rotate('bob'), await rotate('bob', 'nosuchtokn')], [403, 403]);
  assert.deepEqual([await rotate(admin), await rotate(admin, 'nosuchtokn')], [201, 404]);
  assert.equal((await call('alice', 'POST', `/v1/tokens/${name}/rotate`, { graceSeconds: 1e9 })).status, 400);
  const hidden = { status: { lastUsed: '2020-01-01T00:00:00Z' } };
  const patch = { 'content-type': 'application/merge-patch+json' };
  const written = await call(admin, 'PATCH', `${objectsPath}/tokens/${name}/status`, hidden, patch);
  assert.equal(written.status, 403, written.text);
});

test('no token outlives the Setting token-max-ttl', async () => {
  await using served = await serveFleet();
  const { call, clock } = served;
  await call(admin, 'POST', '/v1/users', { username: 'alice', password });
  for (const wrong of ['forever', '', '0d', '10s', '9999d']) {
    const refused = await call(admin, 'POST', `${objectsPath}/settings`, setting(wrong));
    assert.equal(refused.status, 422, wrong);
  }
  assert.equal((await call(admin, 'POST', `${objectsPath}/settings`, setting('7d'))).status, 201);
  const lifeOf = ({ body }: { body: { expiresAt: string } }): number => Date.parse(body.expiresAt) - clock.now();
  const day = 86_400_000;
  assert.equal(lifeOf(await call('alice', 'POST', '/v1/tokens')), 7 * day);
  assert.equal(lifeOf(await call('alice', 'POST', '/v1/tokens', { ttlSeconds: 7 * 86_400 })), 7 * day);
  const refused = await call('alice', 'POST', '/v1/tokens', { ttlSeconds: 7 * 86_400 + 1 });
  assert.equal(refused.status, 422);
  assert.match(refused.body.message, /token-max-ttl: 7d/);
  const far = { spec: { user: '', expiresAt: new Date(clock.now() + 8 * day).toISOString() } };
  const byKubectl = { apiVersion: 'drover.dev/v1', kind: 'Token', metadata: { generateName: 'x-' }, ...far };
  assert.equal((await call('alice', 'POST', `${objectsPath}/tokens`, byKubectl)).status, 422);
});
