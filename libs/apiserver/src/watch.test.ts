import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { type ApiObject, windowEvents } from './index.ts';
import { serveWidgets, type Widget, widgets } from './widgets-for-tests.ts';

interface WatchEvent {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
  object: any;
}

/** Opens a watch; `next` gives its events one by one, undefined at its end. */
async function open(url: string, query: string, headers: Record<string, string> = {}) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(
      `${url}/apis/example.dev/v1/widgets?watch=true${query}`,
      { headers: { authorization: 'Bearer admin', ...headers }, agent: false },
      resolve,
    );
    request.on('error', reject);
  });
  response.on('error', () => {});
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  return {
    response,
    next: async (): Promise<WatchEvent | undefined> => {
      const line = await lines.next();
      return line.done ? undefined : (JSON.parse(line.value) as WatchEvent);
    },
    leave: () => response.destroy(),
  };
}

const draft = (name: string, labels: Record<string, string> = {}): Widget => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '', labels },
  spec: {},
});

const resize =
  (size: number) =>
  (current: Widget): Widget => ({ ...current, spec: { size } });

const short = (event: WatchEvent | undefined): string => `${event?.type} ${event?.object.metadata.name}`;

/** Waits, by turns of the event loop, until something holds that only the server side can show. */
async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !holds(); turn++) await new Promise(resolve => setImmediate(resolve));
  assert.ok(holds());
}

test('a watch tells what there is, then every change, and with a resourceVersion only what came after it', async () => {
  await using served = await serveWidgets();
  const { registry } = served.api;
  const one = await registry.create(widgets, draft('one'));
  const all = await open(served.url, '');
  assert.equal(short(await all.next()), 'ADDED one');
  const later = await open(served.url, `&resourceVersion=${one.metadata.resourceVersion}`);
  await registry.create(widgets, { ...draft('two'), secret: 'x' });
  await registry.update(widgets, 'one', resize(2));
  await registry.delete(widgets, 'two');
  for (const watch of [all, later]) {
    const added = await watch.next();
    assert.equal(short(added), 'ADDED two');
    assert.equal(added?.object.secret, undefined);
    const modified = await watch.next();
    assert.deepEqual([short(modified), modified?.object.spec.size], ['MODIFIED one', 2]);
    const deleted = await watch.next();
    assert.equal(short(deleted), 'DELETED two');
    assert.equal(deleted?.object.metadata.resourceVersion, String(registry.revision));
    watch.leave();
  }
});

test('an object that leaves the selection is told as deleted, one that enters it as added', async () => {
  await using served = await serveWidgets();
  const { registry } = served.api;
  const watch = await open(served.url, '&labelSelector=on%3Dyes');
  await registry.create(widgets, draft('w'));
  const label =
    (on: string) =>
    (current: Widget): Widget => ({ ...current, metadata: { ...current.metadata, labels: { on } } });
  await registry.update(widgets, 'w', label('yes'));
  await registry.update(widgets, 'w', label('no'));
  assert.equal(short(await watch.next()), 'ADDED w');
  assert.equal(short(await watch.next()), 'DELETED w');
  watch.leave();
});

test('what does not exist for the caller is not told', async () => {
  await using served = await serveWidgets();
  const watch = await open(served.url, '', { authorization: 'Bearer reds' });
  await served.api.registry.create(widgets, draft('navy', { colour: 'blue' }));
  await served.api.registry.create(widgets, draft('crimson', { colour: 'red' }));
  assert.equal(short(await watch.next()), 'ADDED crimson');
  watch.leave();
});

test('a table watch has its columns once', async () => {
  await using served = await serveWidgets();
  await served.api.registry.create(widgets, draft('one'));
  const watch = await open(served.url, '', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  const first = await watch.next();
  assert.deepEqual([first?.object.kind, first?.object.columnDefinitions.length], ['Table', 3]);
  await served.api.registry.update(widgets, 'one', resize(7));
  const second = await watch.next();
  assert.deepEqual([second?.object.columnDefinitions, second?.object.rows[0].cells[1]], [[], '7']);
  watch.leave();
});

test('a resourceVersion older than the window is gone', async () => {
  await using served = await serveWidgets();
  const first = await served.api.registry.create(widgets, draft('one'));
  for (let size = 0; size < windowEvents + 1; size++) await served.api.registry.update(widgets, 'one', resize(size));
  const watch = await open(served.url, `&resourceVersion=${first.metadata.resourceVersion}`);
  const event = await watch.next();
  assert.deepEqual([event?.type, event?.object.code, event?.object.reason], ['ERROR', 410, 'Expired']);
  assert.equal(await watch.next(), undefined);
});

test('a resourceVersion that the store has never reached is gone, once it does not come', async () => {
  const clock = new ManualClock();
  await using served = await serveWidgets({ clock });
  const opening = open(served.url, '&resourceVersion=99');
  await turnsUntil(() => clock.pending > 0);
  clock.advance(5_000);
  assert.equal((await (await opening).next())?.object.code, 410);
});

test('bookmarks come once a minute, and at the end of what there was when that is asked for', async () => {
  const clock = new ManualClock();
  await using served = await serveWidgets({ clock });
  await served.api.registry.create(widgets, draft('one'));
  const watch = await open(
    served.url,
    '&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan',
  );
  assert.equal(short(await watch.next()), 'ADDED one');
  const end = await watch.next();
  assert.deepEqual(
    [end?.type, end?.object.metadata.annotations],
    ['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }],
  );
  clock.advance(60_000);
  const mark = await watch.next();
  assert.deepEqual([mark?.type, mark?.object.metadata], ['BOOKMARK', { resourceVersion: '1' }]);
  watch.leave();
});

test('a watch ends cleanly at its timeout and when the server closes', async () => {
  const clock = new ManualClock();
  await using served = await serveWidgets({ clock });
  const timed = await open(served.url, '&timeoutSeconds=5');
  clock.advance(5_000);
  assert.equal(await timed.next(), undefined);
  const open2 = await open(served.url, '');
  await served.api.close();
  assert.equal(await open2.next(), undefined);
  assert.equal(open2.response.complete, true);
});

test('T22: when clients go, nothing is left', async () => {
  const clock = new ManualClock();
  await using served = await serveWidgets({ clock });
  const watches = await Promise.all(Array.from({ length: 50 }, () => open(served.url, '&allowWatchBookmarks=true')));
  assert.equal(served.api.cache.waiting, 50);
  for (const watch of watches) watch.leave();
  await turnsUntil(() => served.api.cache.waiting === 0);
  assert.equal(clock.pending, 0);
});

test('a client that does not read costs no memory, and is told that it fell behind', async () => {
  await using served = await serveWidgets();
  const { registry, cache } = served.api;
  const watch = await open(served.url, '');
  watch.response.pause();
  const annotations = { padding: 'x'.repeat(20_000) };
  const padded =
    (size: number) =>
    (current: Widget): Widget => ({ ...current, metadata: { ...current.metadata, annotations }, spec: { size } });
  await registry.create(widgets, draft('one'));
  for (let size = 0; size < windowEvents + 500; size++) await registry.update(widgets, 'one', padded(size));
  watch.response.resume();
  let last: WatchEvent | undefined;
  let told = 0;
  for (let event = await watch.next(); event !== undefined; event = await watch.next()) {
    last = event;
    told++;
  }
  assert.equal(last?.object.code, 410);
  assert.ok(told < windowEvents, `${told} events were queued for a client that did not read`);
  await turnsUntil(() => cache.waiting === 0);
});

test('objects handed out are not changed by later writes', async () => {
  await using served = await serveWidgets();
  const before: ApiObject = await served.api.registry.create(widgets, draft('one'));
  const found = served.api.registry.get(widgets, 'one');
  await served.api.registry.update(widgets, 'one', resize(3));
  assert.equal(found.metadata.resourceVersion, before.metadata.resourceVersion);
});

test('one change is made into bytes once, for all who see the same', async () => {
  await using served = await serveWidgets();
  const { registry, cache } = served.api;
  const watches = await Promise.all(Array.from({ length: 3 }, () => open(served.url, '')));
  const cursor = cache.follow('widgets', cache.revision);
  await registry.create(widgets, draft('one'));
  const lines = await Promise.all(watches.map(watch => watch.next()));
  for (const line of lines) assert.equal(short(line), 'ADDED one');
  cursor.next()?.frame('object ADDED', () => assert.fail('nobody has made the bytes'));
  for (const watch of watches) watch.leave();
});

test('sendInitialEvents has its say over the resourceVersion, and without bookmarks no end is marked', async () => {
  const clock = new ManualClock();
  await using served = await serveWidgets({ clock });
  const { registry } = served.api;
  await registry.create(widgets, draft('one'));
  await registry.create(widgets, draft('two'));
  const match = '&resourceVersionMatch=NotOlderThan';
  const fresh = await open(served.url, `&sendInitialEvents=true&resourceVersion=1${match}`);
  const none = await open(served.url, `&sendInitialEvents=false${match}`);
  await registry.create(widgets, draft('three'));
  assert.deepEqual([short(await fresh.next()), short(await fresh.next())], ['ADDED one', 'ADDED two']);
  assert.equal(short(await fresh.next()), 'ADDED three');
  assert.equal(short(await none.next()), 'ADDED three');
  const opening = open(served.url, `&sendInitialEvents=true&resourceVersion=99${match}`);
  const before = clock.pending;
  await turnsUntil(() => clock.pending > before);
  clock.advance(3_000);
  const early = await (await opening).next();
  assert.deepEqual([early?.type, early?.object.code, early?.object.reason], ['ERROR', 504, 'Timeout']);
  for (const watch of [fresh, none]) watch.leave();
});
