import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectSessions, type LoginSession, RedisLoginSessions, RedisOneTimeStore, type Sessions } from './index.ts';
import { RedisForTests } from './redis-for-tests.ts';

let redis: RedisForTests;
let sessions: Sessions;
before(async () => {
  redis = await RedisForTests.start();
  sessions = connectSessions({ url: redis.url });
  await sessions.ready();
});
after(async () => {
  await sessions.close();
  await redis[Symbol.asyncDispose]();
});

const session = (id: string, user: string, more: Partial<LoginSession> = {}): LoginSession => ({
  id,
  user,
  userUid: `uid of ${user}`,
  provider: 'local',
  subject: user,
  startedAtMs: Date.now(),
  seenAtMs: Date.now(),
  endsAtMs: Date.now() + 60_000,
  client: 'cli',
  userAgent: 'drover/1',
  source: '192.0.2.1',
  ...more,
});

test('a session is found until it ends, by its id and by its user', async () => {
  const logins = new RedisLoginSessions(sessions);
  const one = session('one', 'alice@corp', { startedAtMs: 1 });
  const two = session('two', 'alice@corp', { startedAtMs: 2 });
  for (const each of [one, two, session('three', 'bob')]) await logins.create(each);
  assert.deepEqual(await logins.find('one'), one);
  assert.deepEqual(
    (await logins.ofUser('alice@corp')).map(({ id }) => id),
    ['two', 'one'],
  );
  await logins.end('one');
  assert.equal(await logins.find('one'), undefined);
  assert.deepEqual(await logins.ofUser('alice@corp'), [two]);
});

test('a session is touched, gets another secret, and is not brought back by either once it has ended', async () => {
  const logins = new RedisLoginSessions(sessions);
  await logins.create(session('touched', 'carol', { seenAtMs: 1_000, refreshSecret: 'a' }));
  await logins.touch('touched', 5_000);
  await logins.touch('touched', 4_000);
  await logins.keepRefreshSecret('touched', 'b');
  const found = await logins.find('touched');
  assert.deepEqual([found?.seenAtMs, found?.refreshSecret], [5_000, 'b']);
  assert.deepEqual(
    (await logins.seenBefore(5_001, 10)).map(({ id }) => id),
    ['touched'],
  );
  assert.deepEqual(await logins.seenBefore(5_000, 10), []);
  await logins.end('touched');
  await logins.touch('touched', 6_000);
  await logins.keepRefreshSecret('touched', 'c');
  assert.equal(await logins.find('touched'), undefined);
  assert.deepEqual(await logins.seenBefore(10_000, 10), []);
});

test('a record expires with its session', async () => {
  const logins = new RedisLoginSessions(sessions);
  await logins.create(session('short', 'dave', { endsAtMs: Date.now() + 60_000 }));
  const left = await sessions.redis.pttl('drover:login:short');
  assert.ok(left > 0 && left <= 60_000, `${left}`);
  assert.ok((await sessions.redis.pttl(`drover:logins:${Buffer.from('dave').toString('base64url')}`)) > 0);
});

test('T10 of many that take a one-time secret at once, one gets it', async () => {
  const once = new RedisOneTimeStore(sessions);
  await once.put('state', 'secret', { for: 'alice' }, 60_000);
  assert.equal(await once.look('code', 'secret'), undefined);
  assert.equal(await once.replace('state', 'secret', { for: 'bob' }), true);
  const taken = await Promise.all(Array.from({ length: 20 }, () => once.take('state', 'secret')));
  assert.deepEqual(
    taken.filter(value => value !== undefined),
    [{ for: 'bob' }],
  );
  assert.equal(await once.replace('state', 'secret', {}), false);
  assert.doesNotMatch((await sessions.redis.keys('drover:once:*')).join(), /secret/);
});

test('while Redis is away every call says so at once', async () => {
  const away = connectSessions({ url: 'redis://127.0.0.1:1' });
  try {
    const logins = new RedisLoginSessions(away);
    await assert.rejects(logins.create(session('x', 'erin')), { code: 'sessions-unavailable' });
    await assert.rejects(logins.find('x'), { code: 'sessions-unavailable' });
    await assert.rejects(new RedisOneTimeStore(away).take('code', 'x'), { code: 'sessions-unavailable' });
  } finally {
    await away.close();
  }
});
