import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { subjects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { connectSessions, type Sessions, TunnelDirectory, type TunnelRecord } from './index.ts';
import { RedisForTests } from './redis-for-tests.ts';

const record = (
  session: string,
  gateway: string,
  clusterUid = 'uid-1',
  openedAt = '2026-01-01T00:00:00Z',
): TunnelRecord => ({
  session,
  cluster: 'alpha',
  clusterUid,
  gateway,
  agentVersion: '0.1.0',
  kubernetesVersion: 'v1.35.0',
  openedAt,
});

async function open(redis: RedisForTests): Promise<Sessions> {
  const sessions = connectSessions({ url: redis.url });
  await sessions.ready();
  return sessions;
}

test('every replica sees the gateways and the sessions of each', async () => {
  await using redis = await RedisForTests.start();
  await using a = await open(redis);
  await using b = await open(redis);
  await using first = new TunnelDirectory(a, { clock: new ManualClock() });
  await using second = new TunnelDirectory(b, { clock: new ManualClock() });
  await first.announceGateway({ id: 'gw-1', hopAddress: '127.0.0.1:1' });
  await second.announceGateway({ id: 'gw-2', hopAddress: '127.0.0.1:2' });
  let changes = 0;
  const off = first.view.onChange(() => changes++);
  await first.put(record('s1', 'gw-1'));
  assert.equal(changes, 1);
  off();
  await second.put(record('s2', 'gw-2', 'uid-1', '2026-01-02T00:00:00Z'));
  await second.put(record('s3', 'gw-2', 'uid-2'));
  await first.refresh();
  assert.deepEqual(
    first.view.gateways().map(({ id }) => id),
    ['gw-1', 'gw-2'],
  );
  assert.deepEqual(first.view.gatewaysOf('uid-1'), ['gw-2', 'gw-1']);
  assert.deepEqual(first.view.sessionsOf('uid-2'), [record('s3', 'gw-2', 'uid-2')]);
  await second.remove('s3');
  await first.refresh();
  assert.deepEqual(first.view.sessionsOf('uid-2'), []);
  await second.close();
  await first.refresh();
  assert.deepEqual(first.view.gatewaysOf('uid-1'), ['gw-1']);
});

test('a gateway that falls silent expires, and one that speaks does not', async () => {
  await using redis = await RedisForTests.start();
  await using sessions = await open(redis);
  await using directory = new TunnelDirectory(sessions, { clock: new ManualClock() });
  await directory.announceGateway({ id: 'gw-1', hopAddress: '127.0.0.1:1' });
  const ttl = await sessions.redis.pttl('drover:gateway:gw-1');
  assert.ok(ttl > 10_000 && ttl <= 15_000, String(ttl));
  await sessions.redis.del('drover:gateway:gw-1');
  await directory.refresh();
  assert.deepEqual(directory.view.gateways(), []);
});

test('while Redis is away the view stays, and what happened meanwhile is written when it is back', async () => {
  await using redis = await RedisForTests.start();
  await using sessions = await open(redis);
  await using directory = new TunnelDirectory(sessions, { clock: new ManualClock() });
  await directory.announceGateway({ id: 'gw-1', hopAddress: '127.0.0.1:1' });
  await directory.put(record('s1', 'gw-1'));
  await directory.put(record('s2', 'gw-1'));
  const closed = new Promise(resolve => sessions.redis.once('close', resolve));
  await redis.stop();
  await closed;
  await directory.put(record('s3', 'gw-1'));
  await directory.remove('s1');
  await directory.refresh();
  const sessionsNow = () =>
    directory.view
      .sessionsOf('uid-1')
      .map(({ session }) => session)
      .sort();
  assert.deepEqual(sessionsNow(), ['s2', 's3']);
  await redis.start();
  await sessions.ready();
  await directory.refresh();
  await using other = await open(redis);
  await using reader = new TunnelDirectory(other, { clock: new ManualClock() });
  while (reader.view.sessionsOf('uid-1').length < 2) await reader.refresh();
  assert.deepEqual(
    reader.view
      .sessionsOf('uid-1')
      .map(({ session }) => session)
      .sort(),
    ['s2', 's3'],
  );
});

test('an event is in the view at once, Redis or not', async () => {
  await using redis = await RedisForTests.start();
  await using sessions = await open(redis);
  await redis.stop();
  await using directory = new TunnelDirectory(sessions, { clock: new ManualClock() });
  const { openedAt: at, ...body } = record('s1', 'gw-9');
  const subject = (happened: string): string => subjects.clusterEvent('alpha', 'tunnel', happened);
  directory.observe(subject('opened'), { ...body, at });
  assert.deepEqual(directory.view.gatewaysOf('uid-1'), ['gw-9']);
  for (const none of [undefined, 'text', { ...body }]) directory.observe(subject('closed'), none);
  directory.observe(subject('bored'), { ...body, at });
  assert.deepEqual(directory.view.gatewaysOf('uid-1'), ['gw-9']);
  directory.observe(subject('closed'), { ...body, at });
  assert.deepEqual(directory.view.gatewaysOf('uid-1'), []);
  await directory.announceGateway({ id: 'gw-9', hopAddress: '127.0.0.1:1' });
  directory.observe(subject('opened'), { ...body, at });
  assert.deepEqual(directory.view.gatewaysOf('uid-1'), []);
});

test('many refreshes are at most two reads, and each caller gets one that began after it asked', async () => {
  await using redis = await RedisForTests.start();
  await using sessions = await open(redis);
  await using directory = new TunnelDirectory(sessions, { clock: new ManualClock() });
  await directory.refresh();
  let reads = 0;
  const zrange = sessions.redis.zrange.bind(sessions.redis);
  Object.assign(sessions.redis, {
    zrange: (key: string, from: number, to: string) => {
      reads++;
      return zrange(key, from, to);
    },
  });
  await Promise.all(Array.from({ length: 50 }, () => directory.refresh()));
  assert.ok(reads <= 2, String(reads));
});

test('what is not a record is left out, and an id that could reach another key is refused', async () => {
  await using redis = await RedisForTests.start();
  await using sessions = await open(redis);
  await using directory = new TunnelDirectory(sessions, { clock: new ManualClock() });
  await directory.announceGateway({ id: 'gw-1', hopAddress: '127.0.0.1:1' });
  await sessions.redis.hset('drover:gateway:gw-2', {
    '@': '{"id":"gw-2","hopAddress":"h:1"}',
    x: '{',
    y: '{"session":1}',
  });
  await sessions.redis.zadd('drover:gateways', 1, 'gw-2');
  await directory.refresh();
  assert.equal(directory.view.gateways().length, 2);
  await assert.rejects(
    directory.announceGateway({ id: 'a:b', hopAddress: 'h:1' }),
    (error: unknown) => error instanceof DroverError && error.code === 'invalid',
  );
});

test('closing leaves no timer', async () => {
  await using redis = await RedisForTests.start();
  await using sessions = await open(redis);
  const clock = new ManualClock();
  const directory = new TunnelDirectory(sessions, { clock });
  await directory.announceGateway({ id: 'gw-1', hopAddress: '127.0.0.1:1' });
  await directory.close();
  assert.equal(clock.pending, 0);
});
