import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { type ApiObject, maxWindowBytes, type Store, type StoreEvent, storedBytes, WatchCache } from './index.ts';

const object = (name: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '' },
});
const put = (name: string, revision: number): StoreEvent => ({
  type: 'put',
  key: `xs._.${name}`,
  revision,
  value: storedBytes(object(name)),
});
const names = (cache: WatchCache): string[] => cache.list('xs.').map(found => found.name);
const isGone = (error: unknown): boolean => error instanceof DroverError && error.code === 'gone';

/** A store whose watches are played by the test: each ends, or fails, after its script. */
function scripted(...watches: (StoreEvent | Error)[][]): Store {
  const never = (): Promise<never> => Promise.reject(new Error('not written to'));
  return {
    create: never,
    update: never,
    delete: never,
    lastRevision: never,
    async *watch(signal) {
      for (const step of watches.shift() ?? []) {
        if (step instanceof Error) throw step;
        yield step;
      }
      if (watches.length === 0) await new Promise(resolve => signal.addEventListener('abort', resolve));
    },
  };
}

test('nothing is served before everything was loaded', async () => {
  const clock = new ManualClock();
  const cache = new WatchCache({ store: scripted([{ type: 'reset' }, put('a', 1)]), clock });
  const starting = cache.start();
  clock.advance(5_000);
  await assert.rejects(starting, error => error instanceof DroverError && error.code === 'store-unavailable');
  assert.deepEqual(names(cache), []);
  await cache.close();
});

test('after a reset the store is told anew: what is not told again is gone, and followers list again', async () => {
  const clock = new ManualClock();
  const store = scripted(
    [{ type: 'reset' }, put('a', 1), put('b', 2), { type: 'ready', revision: 2 }, put('c', 3)],
    [{ type: 'reset' }, put('b', 2), { type: 'ready', revision: 2 }],
  );
  const cache = new WatchCache({ store, clock });
  await cache.start();
  await cache.until(() => cache.revision === 3, '');
  const follower = cache.follow('xs', 3);
  const waiting = cache.until(() => cache.revision === 2, 'no second load');
  await new Promise(resolve => setImmediate(resolve));
  clock.advance(1_000);
  await waiting;
  assert.deepEqual(names(cache), ['b']);
  assert.throws(() => follower.next(), isGone);
  await cache.close();
});

test('a failed watch is told and tried again', async () => {
  const clock = new ManualClock();
  const problems: unknown[] = [];
  const failure = new Error('broken');
  const store = scripted([failure], [{ type: 'reset' }, { type: 'ready', revision: 7 }]);
  const cache = new WatchCache({ store, clock, onProblem: error => problems.push(error) });
  const starting = cache.start();
  await new Promise(resolve => setImmediate(resolve));
  clock.advance(1_000);
  await starting;
  assert.deepEqual(problems, [failure]);
  assert.throws(() => cache.follow('xs', 6).next(), isGone);
  assert.deepEqual(cache.follow('xs', 7).next(), undefined);
  await cache.close();
  assert.equal(clock.pending, 0);
});

test('an acknowledged write is seen at once, and one that was acknowledged before those in front of it after them', async () => {
  const told = Promise.withResolvers<void>();
  const store: Store = {
    ...scripted(),
    async *watch(signal) {
      yield { type: 'reset' };
      yield { type: 'ready', revision: 5 };
      await told.promise;
      yield put('other', 7);
      yield put('second', 8);
      await new Promise(resolve => signal.addEventListener('abort', resolve));
    },
  };
  const cache = new WatchCache({ store, clock: new ManualClock() });
  await cache.start();
  const write = (name: string, revision: number) => ({
    key: `xs._.${name}`,
    revision,
    object: cache.keep(`xs._.${name}`, revision, storedBytes(object(name)), object(name)),
  });
  const followed = cache.follow('xs', 5);
  await cache.written(write('first', 6));
  assert.deepEqual([names(cache), cache.revision], [['first'], 6]);
  const second = cache.written(write('second', 8));
  assert.deepEqual([names(cache), cache.revision], [['first'], 6]);
  told.resolve();
  await second;
  assert.deepEqual([names(cache), cache.revision], [['first', 'other', 'second'], 8]);
  await cache.written({ key: 'xs._.first', revision: 9, object: undefined });
  const changes = Array.from({ length: 5 }, () => followed.next());
  assert.deepEqual(
    changes.map(change => change && `${change.type} ${change.object.name} ${change.revision}`),
    ['ADDED first 6', 'ADDED other 7', 'ADDED second 8', 'DELETED first 9', undefined],
  );
  await cache.close();
});

test('the window of changes is bounded by bytes too: of large objects fewer are kept, and who reads later lists again', async () => {
  const annotations = { text: 'x'.repeat(1_000_000) };
  const large = { ...object('a'), metadata: { ...object('a').metadata, annotations } };
  const writes = Math.ceil(maxWindowBytes / 1_000_000) + 10;
  const value = storedBytes(large);
  const puts = Array.from({ length: writes }, (_, n) => ({ ...put('a', n + 1), value }));
  const cache = new WatchCache({ store: scripted([{ type: 'reset' }, { type: 'ready', revision: 0 }, ...puts]) });
  await cache.start();
  await cache.until(() => cache.revision === writes, 'not all was told');
  assert.throws(() => cache.follow('xs', 5), isGone);
  assert.equal(cache.follow('xs', writes - 1).next()?.revision, writes);
  await cache.close();
});
