import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import type { AuthProvider, Token, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import {
  AssertionSigner,
  AssertionVerifier,
  mintToken,
  newSigningKey,
  type SessionClaims,
  SessionSigner,
  SessionVerifier,
  secretEndMs,
  secretOfToken,
} from '@drover/identity';
import { Assertions } from './assertions.ts';
import { Authenticator, type Shown } from './authenticator.ts';
import type { Credential } from './credential.ts';
import { type Cuttable, LiveExchanges, maxLivePerUser } from './live-exchanges.ts';
import { sameRights } from './token-rights.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });
const makeUser = (name: string, spec: User['spec'] = {}): User => ({
  apiVersion: 'drover.dev/v1',
  kind: 'User',
  metadata: meta(name),
  spec,
});

const sessionKey = await newSigningKey();
const sessions = SessionVerifier.create({ keys: [{ ...sessionKey.publicJwk }] }, 'hub-1');
const signer = await SessionSigner.create(sessionKey, 'hub-1');

const bearer = (token: string): Shown => ({ authorization: `Bearer ${token}` });
const tokenOf = (user: string): Credential => ({
  kind: 'token',
  id: user,
  user,
  userUid: undefined,
  provider: 'local',
  clusters: undefined,
  startedMs: 0,
  expiresAtMs: Number.POSITIVE_INFINITY,
  secretHash: 'h',
});

function world() {
  const clock = new ManualClock();
  const tokens = new Map<string, Token>();
  const users = new Map([['alice', makeUser('alice', { groups: ['dev'] })]]);
  const providers = new Map<string, AuthProvider>();
  const endedSessions = new Set<string>();
  const view = {
    token: (id: string) => tokens.get(id),
    user: (name: string) => users.get(name),
    provider: (name: string) => providers.get(name),
    sessionEnded: (id: string) => endedSessions.has(id),
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
  /** A session of alice's that began now, by its two credentials. */
  const begin = async (claims: Partial<SessionClaims> = {}): Promise<{ access: string; session: string }> => {
    const now = clock.now();
    const all = {
      user: 'alice',
      userUid: 'alice',
      sessionId: 'session-1',
      provider: 'local',
      startedMs: now,
      expiresAtMs: now + 600_000,
      ...claims,
    };
    return { access: await signer.sign('access', all, now), session: await signer.sign('session', all, now) };
  };
  return { clock, tokens, users, providers, endedSessions, view, give, begin };
}

test('a token is good until it expires, is deleted, or its user is disabled', () => {
  const { clock, tokens, users, view, give } = world();
  const authenticator = new Authenticator({ view, sessions, clock, staleMs: 1000 });
  const token = give({ expiresAt: new Date(clock.now() + 10_000).toISOString() });
  assert.equal(authenticator.authenticate(bearer(token)).user.metadata.name, 'alice');
  users.set('alice', makeUser('alice', { disabled: true }));
  assert.throws(() => authenticator.authenticate(bearer(token)), { code: 'user-disabled' });
  users.set('alice', makeUser('alice'));
  authenticator.authenticate(bearer(token));
  clock.advance(10_000);
  assert.throws(() => authenticator.authenticate(bearer(token)), { code: 'token-expired' });
  tokens.clear();
  assert.throws(() => authenticator.authenticate(bearer(token)), { code: 'unauthenticated' });
});

test('what is not a token of this hub is refused', () => {
  const { clock, tokens, view, give } = world();
  const authenticator = new Authenticator({ view, sessions, clock, staleMs: 1000 });
  const token = give();
  for (const wrong of [
    undefined,
    'Basic YTpi',
    'Bearer',
    `Bearer ${mintToken('drv').token}`,
    `Bearer ${mintToken('drj').token}`,
  ]) {
    assert.throws(
      () => authenticator.authenticate({ authorization: wrong }),
      { code: 'unauthenticated' },
      wrong ?? 'absent',
    );
  }
  assert.throws(() => authenticator.authenticate(bearer(`${token}x`)), { code: 'token-malformed' });
  // Another secret under the same id: what a thief of the object's name has.
  const [id] = tokens.keys();
  const held = tokens.get(id ?? '');
  if (held !== undefined) tokens.set(id ?? '', { ...held, hash: 'f'.repeat(64) });
  assert.throws(() => authenticator.authenticate(bearer(token)), { code: 'unauthenticated' });
});

test('T5 a replica that has heard nothing for too long trusts nothing', () => {
  const { clock, view, give } = world();
  const heardMs = clock.now();
  const authenticator = new Authenticator({
    view: { ...view, lastHeardMs: () => heardMs },
    sessions,
    clock,
    staleMs: 1000,
  });
  const token = give();
  clock.advance(1000);
  authenticator.authenticate(bearer(token));
  clock.advance(1);
  assert.throws(() => authenticator.authenticate(bearer(token)), { code: 'authorization-stale' });
});

const providerOf = (name: string, enabled: boolean, creationTimestamp: string): AuthProvider => ({
  apiVersion: 'drover.dev/v1',
  kind: 'AuthProvider',
  metadata: { ...meta(name), creationTimestamp },
  spec: { type: 'oidc', enabled },
});

test('a session’s credential opens requests until it ends, and each kind only where it belongs', async () => {
  const { clock, view, begin } = world();
  const authenticator = new Authenticator({ view, sessions, clock, staleMs: 1e9 });
  const { access, session } = await begin();
  for (const shown of [bearer(access), { sessionCookie: session }]) {
    const { user, credential } = authenticator.authenticate(shown);
    assert.deepEqual([user.metadata.name, credential.kind, credential.id], ['alice', 'session', 'session-1']);
  }
  for (const shown of [bearer(session), { sessionCookie: access }, { sessionCookie: `Bearer ${access}` }])
    assert.throws(() => authenticator.authenticate(shown), { code: 'unauthenticated' });
  clock.advance(600_000);
  for (const shown of [bearer(access), { sessionCookie: session }])
    assert.throws(() => authenticator.authenticate(shown), { code: 'token-expired' });
});

test('T5 a session’s credential ends with the session, its user, its provider and a revocation', async () => {
  const { clock, users, providers, endedSessions, view, begin } = world();
  const authenticator = new Authenticator({ view, sessions, clock, staleMs: 1e9 });
  const createdAt = new Date(clock.now()).toISOString();
  providers.set('okta', providerOf('okta', true, createdAt));
  const { access } = await begin({ provider: 'okta' });
  const isGood = (): boolean => authenticator.authenticate(bearer(access)).user.metadata.name === 'alice';
  const refused = (code: string): void => void assert.throws(isGood, { code });
  assert.ok(isGood());
  endedSessions.add('session-1');
  refused('session-ended');
  endedSessions.clear();
  providers.set('okta', providerOf('okta', false, createdAt));
  refused('unauthenticated');
  // Another provider of the name, made since.
  providers.set('okta', providerOf('okta', true, new Date(clock.now() + 5_000).toISOString()));
  refused('unauthenticated');
  providers.delete('okta');
  refused('unauthenticated');
  providers.set('okta', providerOf('okta', true, createdAt));
  assert.ok(isGood());
  users.set('alice', makeUser('alice', { credentialsNotBefore: new Date(clock.now() + 1_000).toISOString() }));
  refused('unauthenticated');
  users.set('alice', makeUser('alice', { credentialsNotBefore: createdAt }));
  assert.ok(isGood());
  // Another user of the name.
  users.set('alice', { ...makeUser('alice'), metadata: { ...meta('alice'), uid: 'another' } });
  refused('unauthenticated');
  users.set('alice', makeUser('alice', { disabled: true }));
  refused('user-disabled');
});

test('T5 a token ends when its provider is disabled, or its user’s credentials are revoked', () => {
  const { clock, users, providers, view, give } = world();
  const authenticator = new Authenticator({ view, sessions, clock, staleMs: 1e9 });
  const token = give({ provider: 'okta' });
  assert.throws(() => authenticator.authenticate(bearer(token)), { code: 'unauthenticated' });
  providers.set('okta', providerOf('okta', true, '2026-01-01T00:00:00Z'));
  authenticator.authenticate(bearer(token));
  users.set('alice', makeUser('alice', { credentialsNotBefore: '2026-01-01T00:00:01Z' }));
  assert.throws(() => authenticator.authenticate(bearer(token)), { code: 'unauthenticated' });
});

test('an assertion is reused while it lives, and made anew when the user changed', async () => {
  const { clock, users, view, give } = world();
  const authenticator = new Authenticator({ view, sessions, clock, staleMs: 1e9 });
  const key = await newSigningKey();
  const assertions = new Assertions(await AssertionSigner.create(key), clock);
  const verifier = AssertionVerifier.create({ keys: [{ ...key.publicJwk }] }, { audience: 'uid-1', maxCached: 10 });
  const token = give();
  const sign = () => {
    const caller = authenticator.authenticate(bearer(token));
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
    credential: tokenOf('alice'),
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
    live.add({ credential: tokenOf(user), clusterUid: 'c', expiresAtMs: clock.now(), cut: act });
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
    credential: tokenOf('alice'),
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
  const authenticator = new Authenticator({
    view,
    sessions,
    clock,
    staleMs: 1e9,
    uses: { note: token => noted.push(token) },
  });
  const old = give();
  const [id = ''] = tokens.keys();
  const before = tokens.get(id) as Token;
  const { token: fresh, hash } = secretOfToken('drv', id);
  const { credential: opened } = authenticator.authenticate(bearer(old));
  const cut: string[] = [];
  const live = new LiveExchanges(clock, assert.ifError);
  const exchange: Cuttable = {
    credential: opened,
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
  for (const secret of [old, fresh]) authenticator.authenticate(bearer(secret));
  assert.deepEqual([cut, noted], [[], [id, id, id]]);
  clock.advance(60_000);
  assert.deepEqual(cut, ['token-expired']);
  assert.throws(() => authenticator.authenticate(bearer(old)), { code: 'token-expired' });
  authenticator.authenticate(bearer(fresh));

  // a second rotation without grace, while an exchange of the first secret is open
  live.add(exchange);
  const twice: Token = { ...rotated, hash: 'e'.repeat(64), previousHash: hash };
  live.settleToken(id, secret => secretEndMs(twice, secret), new DroverError('unauthenticated'));
  assert.deepEqual(cut, ['token-expired', 'unauthenticated']);
  live.close();
});
