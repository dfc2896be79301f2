import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import { type Bus, connectBus, ensureHubStreams, type ObjectEvent } from './index.ts';
import { NatsForTests } from './nats-for-tests.ts';

const value = (text: string) => Buffer.from(text);
const show = (event: ObjectEvent): string =>
  event.operation === 'put'
    ? `put ${event.key} ${Buffer.from(event.value).toString()}`
    : event.operation === 'delete'
      ? `delete ${event.key}`
      : event.operation;

async function take(watch: AsyncIterator<ObjectEvent>, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const { value: event, done } = await watch.next();
    if (done) break;
    seen.push(show(event));
  }
  return seen;
}

async function hub(): Promise<{ nats: NatsForTests; bus: Bus } & AsyncDisposable> {
  const nats = await NatsForTests.start();
  const bus = await connectBus({ url: nats.url, name: 'test' });
  await ensureHubStreams(bus);
  return {
    nats,
    bus,
    [Symbol.asyncDispose]: async () => {
      await bus.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

/** Writes as soon as the server takes it, through all breaks; an answer that was lost is looked up. */
async function insist<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof DroverError && error.code === 'store-unavailable')) throw error;
      await new Promise(resolve => setImmediate(resolve));
    }
  }
}

test('a watch tells what there is, that this was all, and then each change', async () => {
  await using h = await hub();
  const bucket = h.bus.objects();
  const revision = await bucket.create('clusters._.a', value('1'));
  await bucket.create('users._.u', value('u'));
  await using watch = bucket.watch('clusters.>');
  const events = watch[Symbol.asyncIterator]();
  assert.deepEqual(await take(events, 2), ['put clusters._.a 1', 'initialised']);
  const second = await bucket.update('clusters._.a', value('2'), revision);
  await bucket.delete('clusters._.a', second);
  await bucket.create('clusters._.b', value('3'));
  assert.deepEqual(await take(events, 3), ['put clusters._.a 2', 'delete clusters._.a', 'put clusters._.b 3']);
  assert.ok(watch.lastHeardMs > 0);
});

test('a watch of nothing says so, and hears heartbeats', async () => {
  await using h = await hub();
  await using watch = h.bus.objects().watch('clusters.>');
  const events = watch[Symbol.asyncIterator]();
  assert.deepEqual(await take(events, 1), ['initialised']);
  const first = watch.lastHeardMs;
  while (watch.lastHeardMs === first) await new Promise(resolve => setImmediate(resolve));
  await h.bus.objects().create('clusters._.a', value('1'));
  assert.deepEqual(await take(events, 1), ['put clusters._.a 1']);
});

test('a watch ends with its signal, and when the bus is closed', async () => {
  await using h = await hub();
  const abort = new AbortController();
  const watch = h.bus.objects().watch('clusters.>', { signal: abort.signal });
  const events = watch[Symbol.asyncIterator]();
  await take(events, 1);
  const waiting = events.next();
  abort.abort();
  assert.equal((await waiting).done, true);
  const other = h.bus.objects().watch('clusters.>')[Symbol.asyncIterator]();
  await take(other, 1);
  const last = other.next();
  await h.bus.close();
  assert.equal((await last).done, true);
});

test('a watch survives restarts of the server: nothing lost, nothing twice', async () => {
  await using h = await hub();
  const bucket = h.bus.objects();
  const total = 300;
  const writing = (async () => {
    for (let n = 0; n < total; n++) {
      await insist(async () => {
        try {
          await bucket.create(`clusters._.c${n}`, value(String(n)));
        } catch (error) {
          if (!(error instanceof DroverError && error.code === 'conflict')) throw error;
        }
      });
    }
  })();
  await using watch = bucket.watch('clusters.>');
  const revisions: number[] = [];
  const keys = new Set<string>();
  for await (const event of watch) {
    if (event.operation === 'put') {
      revisions.push(event.revision);
      keys.add(event.key);
      if (keys.size === 100 || keys.size === 200) {
        await h.nats.stop(keys.size === 100 ? 'SIGTERM' : 'SIGKILL');
        await h.nats.start();
      }
    }
    assert.notEqual(event.operation, 'reset');
    if (keys.size === total) break;
  }
  await writing;
  assert.equal(revisions.length, total);
  assert.deepEqual(
    revisions,
    revisions.toSorted((a, b) => a - b),
  );
});

test('a store that lost its data resets the watch, which tells all again', async () => {
  await using h = await hub();
  const bucket = h.bus.objects();
  await bucket.create('clusters._.a', value('1'));
  await bucket.create('clusters._.b', value('2'));
  await using watch = bucket.watch('clusters.>');
  const events = watch[Symbol.asyncIterator]();
  assert.deepEqual(await take(events, 3), ['put clusters._.a 1', 'put clusters._.b 2', 'initialised']);
  await h.nats.stop();
  await h.nats.wipe();
  await h.nats.start();
  await insist(() => ensureHubStreams(h.bus));
  await insist(() => bucket.create('clusters._.c', value('3')));
  assert.deepEqual(await take(events, 3), ['reset', 'put clusters._.c 3', 'initialised']);
});

test('a slow reader gets everything: the server waits', async () => {
  await using h = await hub();
  const bucket = h.bus.objects();
  const big = Buffer.alloc(256 * 1024, 'x');
  for (let n = 0; n < 100; n++) await bucket.create(`clusters._.c${n}`, big);
  await using watch = bucket.watch('clusters.>');
  let seen = 0;
  for await (const event of watch) {
    await new Promise(resolve => setImmediate(resolve));
    if (event.operation === 'initialised') break;
    seen++;
  }
  assert.equal(seen, 100);
});

test('a reader who is slow to begin hears that this was all after all of it, and not at the next heartbeat', async () => {
  await using h = await hub();
  const bucket = h.bus.objects();
  const large = Buffer.alloc(16 * 1024, 'x');
  const count = 3_000;
  let made = 0;
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      while (made < count) await bucket.create(`clusters._.c${made++}`, large);
    }),
  );
  await using watch = bucket.watch('clusters.>');
  // The server waits for the reader, and says so by a heartbeat.
  const heardMs = await until(() => watch.lastHeardMs);
  await until(() => watch.lastHeardMs > heardMs + 2_000);
  let seen = 0;
  for await (const event of watch) {
    if (event.operation === 'initialised') break;
    seen++;
  }
  assert.equal(seen, count);
});

/** Waits for a truthy value. */
async function until<T>(look: () => T): Promise<T> {
  for (;;) {
    const found = look();
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}
