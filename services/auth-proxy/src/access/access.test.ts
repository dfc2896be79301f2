import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import type { Token, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import {
  AssertionSigner,
  AssertionVerifier,
  mintToken,
  newSigningKey,
  secretEndMs,
  secretOfToken,
} from '@drover/identity';
import { Assertions } from './assertions.ts';
import { Authenticator } from './authenticator.ts';
import { type Cuttable, LiveExchanges, maxLivePerUser } from './live-exchanges.ts';
import { sameRights } from './token-rights.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });
const makeUser = (name: string, spec: User['spec'] = {}): User => ({
  apiVersion: 'drover.dev/v1',
  kind: 'User',
  metadata: meta(name),
  spec,
});

function world() {
  const clock = new ManualClock();
  const tokens = new Map<string, Token>();
  const users = new Map([['alice', makeUser('alice', { groups: ['dev'] })]]);
  const view = {
    token: (id: string) => tokens.get(id),
    user: (name: string) => users.get(name),
    lastHeardMs: () => clock.now(),
  };
  const give = (spec: Partial<Token['spec']> = {}): string => {
    const { token, id, hash } = mintToken('drv');
    tokens.set(id, {
      apiVersion: 'drover.dev/v1',
      kind: 'Token',
      metadata: meta(id),
      spec: { user: 'alice', ...spec },
      hash,
    });
    return token;
  };
  return { clock, tokens, users, view, give };
}

test('a token is good until it expires, is deleted, or its user is disabled', () => {
  const { clock, tokens, users, view, give } = world();
  const authenticator = new Authenticator(view, clock, 1000);
  const token = give({ expiresAt: new Date(clock.now() + 10_000).toISOString() });
  assert.equal(authenticator.authenticate(`Bearer ${token}`).user.metadata.name, 'alice');
  users.set('alice', makeUser('alice', { disabled: true }));
  assert.throws(() => authenticator.authenticate(`Bearer ${token}`), { code: 'user-disabled' });
  users.set('alice', makeUser('alice'));
  authenticator.authenticate(`Bearer ${token}`);
  clock.advance(10_000);
  assert.throws(() => authenticator.authenticate(`Bearer ${token}`), { code: 'token-expired' });
  tokens.clear();
  assert.throws(() => authenticator.authenticate(`Bearer ${token}`), { code: 'unauthenticated' });
});

test('what is not a token of this hub is refused', () => {
  const { clock, tokens, view, give } = world();
  const authenticator = new Authenticator(view, clock, 1000);
  const token = give();
  for (const wrong of [
    undefined,
    'Basic YTpi',
    'Bearer',
    `Bearer ${mintToken('drv').token}`,
    `Bearer ${mintToken('drj').token}`,
  ]) {
    assert.throws(() => authenticator.authenticate(wrong), { code: 'unauthenticated' }, wrong ?? 'absent');
  }
  assert.throws(() => authenticator.authenticate(`Bearer ${token}x`), { code: 'token-malformed' });
  // Another secret under the same id: what a thief of the object's name has.
  const [id] = tokens.keys();
  const held = tokens.get(id ?? '');
  if (held !== undefined) tokens.set(id ?? '', { ...held, hash: 'f'.repeat(64) });
  assert.throws(() => authenticator.authenticate(`Bearer ${token}`), { code: 'unauthenticated' });
});

test('T5 a replica that has heard nothing for too long trusts nothing', () => {
  const { clock, view, give } = world();
  const heardMs = clock.now();
  const authenticator = new Authenticator({ ...view, lastHeardMs: () => heardMs }, clock, 1000);
  const token = give();
  clock.advance(1000);
  authenticator.authenticate(`Bearer ${token}`);
  clock.advance(1);
  assert.throws(() => authenticator.authenticate(`Bearer ${token}`), { code: 'authorization-stale' });
});

test('an assertion is reused while it lives, and made anew when the user changed', async () => {
  const { clock, users, view, give } = world();
  const authenticator = new Authenticator(view, clock, 1e9);
  const key = await newSigningKey();
  const assertions = new Assertions(await AssertionSigner.create(key), clock);
  const verifier = AssertionVerifier.create({ keys: [{ ...key.publicJwk }] }, { audience: 'uid-1', maxCached: 10 });
  const token = give();
  const sign = () => {
    const caller = authenticator.authenticate(`Bearer ${token}`);
    return assertions.of(caller, 'uid-1', '', () => ({
      user: 'drover:alice',
      groups: caller.user.spec.groups ?? [],
      extra: {},
    }));
  };
  const first = await sign();
  assert.equal(sign(), first);
  users.set('alice', makeUser('alice', { groups: ['ops'] }));
  const second = await sign();
  assert.deepEqual((await verifier.verify(second, clock.now())).groups, ['ops']);
  clock.advance(46_000);
  assert.notEqual(await sign(), second);
});

test('T5 a request in flight is cut when its token expires', () => {
  const clock = new ManualClock();
  const live = new LiveExchanges(clock, assert.ifError);
  const cut: string[] = [];
  const exchange = {
    tokenId: 't',
    secretHash: 'h',
    user: 'alice',
    clusterUid: 'c',
    expiresAtMs: clock.now() + 5000,
    cut: (error: { code: string }) => {
      cut.push(error.code);
      live.remove(exchange);
    },
  };
  live.add(exchange);
  clock.advance(4900);
  assert.deepEqual(cut, []);
  clock.advance(600);
  assert.deepEqual(cut, ['token-expired']);
  live.remove(exchange);
  live.close();
  assert.equal(clock.pending, 0);
});

test('T5 an exchange that cannot be cut keeps no other from its end', () => {
  const clock = new ManualClock();
  const defects: unknown[] = [];
  const live = new LiveExchanges(clock, defect => defects.push(defect));
  const cut: string[] = [];
  const add = (user: string, act: () => void) =>
    live.add({ tokenId: user, secretHash: 'h', user, clusterUid: 'c', expiresAtMs: clock.now(), cut: act });
  add('broken', () => {
    throw new Error('it broke');
  });
  add('alice', () => cut.push('alice'));
  clock.advance(600);
  assert.deepEqual(cut, ['alice']);
  assert.deepEqual(defects, [new Error('it broke')]);
  live.close();
});

test('one user’s requests to one cluster are bounded, and take no room from others', () => {
  const live = new LiveExchanges(new ManualClock(), assert.ifError);
  const exchange = () => ({
    tokenId: 't',
    secretHash: 'h',
    user: 'alice',
    clusterUid: 'c',
    expiresAtMs: 1,
    cut: () => {},
  });
  const first = exchange();
  for (const one of [first, ...Array.from({ length: maxLivePerUser - 1 }, exchange)]) live.add(one);
  assert.throws(() => live.requireRoom('alice', 'c'), { code: 'too-many-requests' });
  live.requireRoom('alice', 'another');
  live.requireRoom('bob', 'c');
  live.remove(first);
  live.remove(first);
  live.requireRoom('alice', 'c');
  live.add(exchange());
  assert.throws(() => live.requireRoom('alice', 'c'), { code: 'too-many-requests' });
  live.close();
});

test('T5 the secret that a rotation replaced ends with its grace, and what it had opened', () => {
  const { clock, tokens, view, give } = world();
  const noted: string[] = [];
  const authenticator = new Authenticator(view, clock, 1e9, { note: token => noted.push(token) });
  const old = give();
  const [id = ''] = tokens.keys();
  const before = tokens.get(id) as Token;
  const { token: fresh, hash } = secretOfToken('drv', id);
  const opened = authenticator.authenticate(`Bearer ${old}`);
  const cut: string[] = [];
  const live = new LiveExchanges(clock, assert.ifError);
  const exchange: Cuttable = {
    tokenId: id,
    secretHash: opened.secretHash,
    user: 'alice',
    clusterUid: 'c',
    expiresAtMs: opened.expiresAtMs,
    cut: ({ code }) => {
      cut.push(code);
      live.remove(exchange);
    },
  };
  live.add(exchange);
  const previousUntil = new Date(clock.now() + 60_000).toISOString();
  const rotated: Token = { ...before, hash, previousHash: before.hash, previousUntil };
  assert.ok(sameRights(rotated, before));
  tokens.set(id, rotated);
  live.settleToken(id, secret => secretEndMs(rotated, secret), new DroverError('unauthenticated'));
  for (const secret of [old, fresh]) authenticator.authenticate(`Bearer ${secret}`);
  assert.deepEqual([cut, noted], [[], [id, id, id]]);
  clock.advance(60_000);
  assert.deepEqual(cut, ['token-expired']);
  assert.throws(() => authenticator.authenticate(`Bearer ${old}`), { code: 'token-expired' });
  authenticator.authenticate(`Bearer ${fresh}`);

  // a second rotation without grace, while an exchange of the first secret is open
  live.add(exchange);
  const twice: Token = { ...rotated, hash: 'e'.repeat(64), previousHash: hash };
  live.settleToken(id, secret => secretEndMs(twice, secret), new DroverError('unauthenticated'));
  assert.deepEqual(cut, ['token-expired', 'unauthenticated']);
  live.close();
});
