import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DroverError } from '@drover/errors';
import { type Bus, connectBus, ensureHubStreams, startAfterRevision } from './index.ts';
import { NatsForTests } from './nats-for-tests.ts';
import { snapshotOf } from './object-snapshot.ts';
import type { ObjectEvent } from './object-watch.ts';

let nats: NatsForTests;
let bus: Bus;
before(async () => {
  nats = await NatsForTests.start();
  bus = await connectBus({ url: nats.url, name: 'setup' });
  await ensureHubStreams(bus);
});
after(async () => {
  await bus.close();
  await nats[Symbol.asyncDispose]();
});

/** Every key's value and revision, and the revision of the whole. */
async function snapshot(): Promise<{ revision: number; state: Map<string, { revision: number; value: string }> }> {
  const state = new Map<string, { revision: number; value: string }>();
  const writes = bus.objects().snapshot();
  for (let last = 0; ; ) {
    const next = await writes.next();
    if (next.done) return { revision: next.value, state };
    const { key, revision } = next.value;
    assert.ok(revision > last, 'in the order of revisions');
    last = revision;
    if (next.value.operation === 'delete') state.delete(key);
    else state.set(key, { revision, value: Buffer.from(next.value.value).toString() });
  }
}

test('an empty bucket has nothing at revision 0', async () => {
  assert.deepEqual(await snapshot(), { revision: 0, state: new Map() });
});

test('a bucket whose last write was purged is whole', async () => {
  const revision = await bus.objects().create('things.gone', Buffer.from('{}'));
  await bus.manager.streams.purge('KV_drover_objects', { filter: '$KV.drover_objects.things.gone', seq: revision + 1 });
  assert.deepEqual((await snapshot()).state, new Map());
});

const put = (key: string, revision: number): ObjectEvent => ({
  operation: 'put',
  key,
  revision,
  value: Buffer.from(''),
});
const initialised: ObjectEvent = { operation: 'initialised', revision: 0 };

/** What a snapshot tells of a watch that tells `events`, where the server's last revisions are `last` when it is asked. */
async function told(events: readonly ObjectEvent[], last: readonly number[]): Promise<(number | string)[]> {
  const asked = [...last];
  const watch = async function* (): AsyncGenerator<ObjectEvent> {
    yield* events;
  };
  const writes = snapshotOf(watch(), async () => asked.shift() ?? assert.fail('asked too often'));
  const found: (number | string)[] = [];
  for (;;) {
    const next = await writes.next();
    if (next.done) return [...found, `whole at ${next.value}`];
    found.push(next.value.revision);
  }
}

test('what was overwritten before it was told is waited for', async () => {
  // b was written at 2 and again at 4: at 3 it is missing
  const events = [put('a', 1), put('a', 3), initialised, put('b', 4), put('a', 5)];
  assert.deepEqual(await told(events, [4]), [1, 3, 4, 'whole at 4']);
  assert.deepEqual(await told(events, [3]), [1, 3, 'whole at 3']);
});

test('a revision that was reached over a gap is not whole', async () => {
  // c was written at 4, before 5, and again at 6: at 5 it is missing
  const events = [put('a', 1), initialised, put('b', 2), put('b', 3), put('a', 5), put('c', 6), put('a', 7)];
  assert.deepEqual(await told(events, [5, 6]), [1, 2, 3, 5, 6, 'whole at 6']);
  // the last revision that was asked for was overwritten itself
  assert.deepEqual(await told(events, [4, 6]), [1, 2, 3, 5, 6, 'whole at 6']);
});

test('snapshots under writes are each the state at one revision', async () => {
  const bucket = bus.objects();
  /** Every write by its revision, as the writers know it. */
  const log: { revision: number; key: string; value: string | undefined }[] = [];
  let stop = false;
  const writer = async (name: number): Promise<void> => {
    const revisions = new Map<string, number>();
    for (let at = 0; !stop; at++) {
      const key = `things.w${name}k${(at * 7) % 40}`;
      const known = revisions.get(key);
      const value = `${name}:${at}`;
      if (known !== undefined && at % 11 === 0) {
        log.push({ revision: await bucket.delete(key, known), key, value: undefined });
        revisions.delete(key);
      } else {
        const bytes = Buffer.from(value);
        const revision = known === undefined ? await bucket.create(key, bytes) : await bucket.update(key, bytes, known);
        revisions.set(key, revision);
        log.push({ revision, key, value });
      }
    }
  };
  const writers = [0, 1, 2, 3].map(writer);
  const taken = [];
  for (let count = 0; count < 25; count++) taken.push(await snapshot());
  stop = true;
  await Promise.all(writers);
  assert.ok(new Set(taken.map(({ revision }) => revision)).size > 20, 'there were writes in between');
  log.sort((a, b) => a.revision - b.revision);
  for (const { revision, state } of taken) {
    const expected = new Map<string, { revision: number; value: string }>();
    for (const write of log) {
      if (write.revision > revision) break;
      if (write.value === undefined) expected.delete(write.key);
      else expected.set(write.key, { revision: write.revision, value: write.value });
    }
    const sorted = (map: typeof state) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sorted(state), sorted(expected), `revision ${revision}`);
  }
});

test('an empty bucket goes on after a revision that it never had, also when NATS was killed in between', async () => {
  await using other = await NatsForTests.start();
  const use = async <T>(work: (bus: Bus) => Promise<T>): Promise<T> => {
    await using connection = await connectBus({ url: other.url, name: 'setup' });
    return await work(connection);
  };
  await use(async connection => {
    await ensureHubStreams(connection);
    await startAfterRevision(connection, 1_000_000_500);
  });
  await other.stop('SIGKILL');
  await other.start();
  assert.equal(await use(connection => connection.objects().create('things.a', Buffer.from('{}'))), 1_000_000_501);
  await other.stop('SIGKILL');
  await other.start();
  assert.equal(await use(connection => connection.objects().create('things.b', Buffer.from('{}'))), 1_000_000_502);
  const refused = (revision: number) =>
    assert.rejects(
      use(connection => startAfterRevision(connection, revision)),
      (error: unknown) => error instanceof DroverError && error.code === 'conflict',
    );
  await refused(2_000_000_000);
});
