import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { objects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type Bus, connectBus, ensureHubStreams, type ObjectBucket, purgeDeleteMarkers } from './index.ts';
import { NatsForTests } from './nats-for-tests.ts';

let nats: NatsForTests;
let bus: Bus;
let bucket: ObjectBucket;
before(async () => {
  nats = await NatsForTests.start();
  bus = await connectBus({ url: nats.url, name: 'test' });
  await ensureHubStreams(bus);
  bucket = bus.objects();
});
after(async () => {
  await bus.close();
  await nats[Symbol.asyncDispose]();
});

const code = (expected: string) => (error: unknown) => error instanceof DroverError && error.code === expected;
const value = (text: string) => Buffer.from(text);
const read = async (key: string) => {
  const found = await bucket.get(key);
  return found && { ...found, value: Buffer.from(found.value).toString() };
};

test('a key is created, read, updated and deleted, each by its revision', async () => {
  const key = objects.key('users', undefined, 'alice.b');
  assert.equal(await bucket.get(key), undefined);
  const first = await bucket.create(key, value('1'));
  assert.deepEqual(await read(key), { key, revision: first, value: '1' });
  const second = await bucket.update(key, value('2'), first);
  assert.ok(second > first);
  assert.ok((await bucket.delete(key, second)) > second);
  assert.equal(await bucket.get(key), undefined);
  const again = await bucket.create(key, value('3'));
  assert.deepEqual(await read(key), { key, revision: again, value: '3' });
});

test('who writes by an old revision gets a conflict', async () => {
  const key = objects.key('users', undefined, 'bob');
  const first = await bucket.create(key, value('1'));
  await bucket.update(key, value('2'), first);
  await assert.rejects(bucket.create(key, value('x')), code('conflict'));
  await assert.rejects(bucket.update(key, value('x'), first), code('conflict'));
  await assert.rejects(bucket.delete(key, first), code('conflict'));
  assert.equal((await read(key))?.value, '2');
});

test('of many that create the same key one wins', async () => {
  const tries = Array.from({ length: 10 }, (_, n) => bucket.create('users._.race', value(String(n))));
  const results = await Promise.allSettled(tries);
  assert.equal(results.filter(result => result.status === 'fulfilled').length, 1);
  for (const result of results) if (result.status === 'rejected') assert.ok(code('conflict')(result.reason));
});

for (const key of ['a..b', '.a', 'a.', '', 'a.*', 'a.>', 'a b', 'a\r\nPUB x', 'ü', `a.${'x'.repeat(600)}`]) {
  test(`${JSON.stringify(key.slice(0, 20))} is refused as a key`, async () => {
    await assert.rejects(bucket.get(key), code('invalid'));
    await assert.rejects(async () => bucket.create(key, value('x')), code('invalid'));
  });
}

for (const pattern of ['a..>', '>.a', 'a*', 'a.>.b', '']) {
  test(`${JSON.stringify(pattern)} is refused as a pattern`, () => {
    assert.throws(() => bucket.watch(pattern), code('invalid'));
  });
}

test('a list holds what fits the pattern and was not deleted', async () => {
  await bucket.create('clusters._.a', value('a'));
  const revision = await bucket.create('clusters._.b', value('b'));
  await bucket.delete('clusters._.b', revision);
  assert.deepEqual(
    (await bucket.list('clusters.>')).map(({ key }) => key),
    ['clusters._.a'],
  );
  assert.deepEqual(await bucket.list('nothing.>'), []);
});

test('marks of deletions are purged after an hour, and values never', async () => {
  const revision = await bucket.create('tokens._.x', value('x'));
  await bucket.delete('tokens._.x', revision);
  await bucket.create('tokens._.y', value('y'));
  assert.equal(await purgeDeleteMarkers(bus), 0);
  assert.ok((await purgeDeleteMarkers(bus, { nowMs: Date.now() + 61 * 60_000 })) >= 1);
  assert.equal(await purgeDeleteMarkers(bus, { nowMs: Date.now() + 61 * 60_000 }), 0);
  assert.equal((await read('tokens._.y'))?.value, 'y');
});
