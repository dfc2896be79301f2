import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import {
  type ApiObject,
  ApiServer,
  allVerbs,
  bucketStore,
  MemoryStore,
  type ResourceType,
  type Store,
} from '@drover/apiserver';
import { ManualClock } from '@drover/async';
import { type Bus, connectBus, ensureHubStreams } from '@drover/bus';
import fc from 'fast-check';
import { cannotStartNats, type RestartableNats, startNats } from './nats.ts';

/** Sequences, and operations in each. */
const runs = 60;
const maxOperations = 25;

const things: ResourceType = {
  group: 'example.dev',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  shortNames: [],
  namespaced: false,
  verbs: allVerbs,
  status: true,
  fields: {
    spec: { type: 'object', properties: { size: { type: 'integer', minimum: 0 } } },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
  columns: [],
};
const path = '/apis/example.dev/v1/things';
const names = ['a', 'b', 'c'] as const;
/** So many do the same at once; fewer than a write tries again. */
const racers = 5;

// biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
type Json = any;

/** One API on one store, and what its client has seen of each object. */
async function serve(store: Store) {
  const api = new ApiServer<string>({
    types: [things],
    store,
    authorize: () => ({ allowed: true }),
    nameOf: user => user,
    version: {},
    clock: new ManualClock(),
    onProblem: error => assert.fail(String(error)),
  });
  await api.start();
  const server = createServer((request, response) => void api.handle(request, response, 'me'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const seen = new Map<string, Json[]>();
  let markers = 0;
  return {
    api,
    seen,
    async call(method: string, where: string, body?: unknown, type = 'application/json') {
      const response = await fetch(url + where, {
        method,
        headers: { 'user-agent': 'test', ...(body === undefined ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: Json = await response.json();
      if (answer.kind === 'Thing') {
        const { name } = answer.metadata;
        seen.set(name, [...(seen.get(name) ?? []), answer]);
      }
      return { status: response.status, warning: response.headers.get('warning'), answer };
    },
    /** Resolves when the collector has followed what was written so far through as many steps as there are objects. */
    async settled(): Promise<void> {
      for (const _ of names) {
        const name = `marker-${markers++}`;
        const owner = { apiVersion: 'example.dev/v1', kind: 'Thing', name: 'nobody', uid: 'nobody' };
        const metadata = { name, uid: '', resourceVersion: '', creationTimestamp: '', ownerReferences: [owner] };
        await api.registry.create<ApiObject>(things, { apiVersion: 'example.dev/v1', kind: 'Thing', metadata });
        await api.cache.until(() => api.registry.find(things, name) === undefined, 'the collector did not settle');
      }
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await api.close();
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

type Side = Awaited<ReturnType<typeof serve>>;
type Operation = { readonly label: string; run(side: Side, prefix: string): ReturnType<Side['call']> };

const operation = (label: string, run: Operation['run']): Operation => ({ label, run });

const name = fc.constantFrom(...names);
const size = fc.integer({ min: -1, max: 3 });
const finalizers = fc.constantFrom(undefined, ['example.dev/x'], ['orphan'], ['foregroundDeletion'], ['no name']);
const dryRun = fc.constantFrom('', '', '', '?dryRun=All');

/** The object as it was first seen, as it was last seen, or none of it. */
const version = fc.constantFrom('first', 'last', 'none');
const known = (side: Side, full: string, which: string): Json =>
  which === 'none' ? undefined : side.seen.get(full)?.at(which === 'first' ? 0 : -1);

const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc
    .record({ name, size, finalizers, owner: fc.option(name), blocks: fc.boolean(), dryRun })
    .map(({ name: own, size: wanted, finalizers: held, owner, blocks, dryRun: dry }) =>
      operation(`create ${own} ${wanted} ${held} of ${owner} ${dry}`, (side, prefix) => {
        const uid = owner === null ? undefined : known(side, prefix + owner, 'last')?.metadata.uid;
        const reference = { apiVersion: 'example.dev/v1', kind: 'Thing', name: prefix + owner, uid };
        return side.call('POST', dry, {
          apiVersion: 'example.dev/v1',
          kind: 'Thing',
          metadata: {
            name: prefix + own,
            labels: { run: prefix.replace(/-$/, '') },
            ...(held === undefined ? {} : { finalizers: held }),
            ...(uid === undefined ? {} : { ownerReferences: [{ ...reference, blockOwnerDeletion: blocks }] }),
          },
          spec: { size: wanted },
        });
      }),
    ),
  fc.record({ name, size, version, dryRun }).map(({ name: own, size: wanted, version: which, dryRun: dry }) =>
    operation(`put ${own} ${wanted} on the ${which} ${dry}`, (side, prefix) => {
      const base = known(side, prefix + own, which) ?? {
        apiVersion: 'example.dev/v1',
        kind: 'Thing',
        metadata: { name: prefix + own },
      };
      return side.call('PUT', `/${prefix}${own}${dry}`, { ...base, spec: { size: wanted } });
    }),
  ),
  fc
    .record({
      name,
      subresource: fc.constantFrom('', '', '/status'),
      dryRun,
      body: fc.constantFrom<unknown>(
        { spec: { size: 2 } },
        { spec: { size: -1 } },
        { spec: { other: 1 } },
        { status: { ready: true } },
        { metadata: { labels: { tier: 'gold' } } },
        { metadata: { finalizers: null } },
        { metadata: { finalizers: ['example.dev/x', 'example.dev/y'] } },
        { metadata: { ownerReferences: null } },
        { metadata: { uid: 'other' } },
        { metadata: { deletionTimestamp: null } },
      ),
    })
    .map(({ name: own, subresource, dryRun: dry, body }) =>
      operation(`merge ${own}${subresource} ${JSON.stringify(body)} ${dry}`, (side, prefix) =>
        side.call('PATCH', `/${prefix}${own}${subresource}${dry}`, body, 'application/merge-patch+json'),
      ),
    ),
  fc.record({ name, size }).map(({ name: own, size: wanted }) =>
    operation(`json patch ${own} ${wanted}`, (side, prefix) =>
      side.call(
        'PATCH',
        `/${prefix}${own}`,
        [
          { op: 'test', path: '/spec/size', value: wanted },
          { op: 'replace', path: '/spec/size', value: wanted + 1 },
        ],
        'application/json-patch+json',
      ),
    ),
  ),
  fc
    .record({
      name,
      version,
      dryRun,
      propagationPolicy: fc.constantFrom(undefined, 'Background', 'Foreground', 'Orphan', 'Never'),
    })
    .map(({ name: own, version: which, dryRun: dry, propagationPolicy }) =>
      operation(`delete ${own} ${propagationPolicy} at the ${which} ${dry}`, (side, prefix) => {
        const resourceVersion = known(side, prefix + own, which)?.metadata.resourceVersion;
        const preconditions = resourceVersion === undefined ? {} : { preconditions: { resourceVersion } };
        return side.call('DELETE', `/${prefix}${own}${dry}`, { propagationPolicy, ...preconditions });
      }),
    ),
  fc
    .record({ selector: fc.constantFrom('', ',tier=gold'), dryRun: fc.boolean() })
    .map(({ selector, dryRun: dry }) =>
      operation(`delete all ${selector} ${dry}`, (side, prefix) =>
        side.call('DELETE', `?labelSelector=run%3D${prefix.replace(/-$/, '')}${selector}${dry ? '&dryRun=All' : ''}`),
      ),
    ),
  // Who wins is a matter of luck; that one does, and that nothing is lost, is not.
  name.map(own =>
    operation(`create ${own} five times at once`, (side, prefix) =>
      atOnce(() => {
        const metadata = { name: prefix + own, labels: { run: prefix.replace(/-$/, '') } };
        return side.call('POST', '', { apiVersion: 'example.dev/v1', kind: 'Thing', metadata, spec: { size: 0 } });
      }),
    ),
  ),
  name.map(own =>
    operation(`label ${own} five times at once`, (side, prefix) =>
      atOnce(racer =>
        side.call(
          'PATCH',
          `/${prefix}${own}`,
          { metadata: { labels: { [`racer-${racer}`]: 'yes' } } },
          'application/merge-patch+json',
        ),
      ),
    ),
  ),
  name.map(own => operation(`get ${own}`, (side, prefix) => side.call('GET', `/${prefix}${own}`))),
);

/** What came of requests that were made at once: how many of each kind. */
async function atOnce(ask: (racer: number) => ReturnType<Side['call']>): ReturnType<Side['call']> {
  const answers = await Promise.all(Array.from({ length: racers }, (_, racer) => ask(racer)));
  const said = answers.map(({ status, answer }) => `${status} ${answer.reason ?? ''}`).sort();
  return { status: Math.max(...answers.map(({ status }) => status)), warning: null, answer: said };
}

/** Fields by name: which of two writes at once came first shows in their order. */
const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** Without what two stores cannot have in common. */
function masked(value: unknown): string {
  const uids = new Map<string, string>();
  return JSON.stringify(value, sorted)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, uid => {
      const known_ = uids.get(uid) ?? `uid-${uids.size}`;
      uids.set(uid, known_);
      return known_;
    })
    .replace(/"resourceVersion":"\d+"/g, '"resourceVersion":"…"')
    .replace(/the ResourceVersion in (the precondition|record) \(\d+\)/g, 'the ResourceVersion in $1 (…)');
}

describe('the API on a store in memory and on JetStream', { skip: cannotStartNats() }, () => {
  const running = new AsyncDisposableStack();
  let nats: RestartableNats;
  let bus: Bus;
  let memory: Side;
  let jetStream: Side;

  before(async () => {
    nats = running.use(await startNats());
    bus = await connectBus({ url: nats.url, name: 'test' });
    running.defer(() => bus.close());
    await ensureHubStreams(bus);
    memory = running.use(await serve(new MemoryStore()));
    jetStream = running.use(await serve(bucketStore(bus.objects())));
  });
  after(() => running.disposeAsync());

  test('answers every sequence of operations alike', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operations, { minLength: 1, maxLength: maxOperations }), async sequence => {
        const prefix = `r${run++}-`;
        for (const { label, run: ask } of sequence) {
          const [expected, found] = [await ask(memory, prefix), await ask(jetStream, prefix)];
          assert.equal(masked(found), masked(expected), label);
          assert.ok(expected.status < 500, label);
          await Promise.all([memory.settled(), jetStream.settled()]);
        }
        const all = `?labelSelector=run%3D${prefix.replace(/-$/, '')}`;
        assert.equal(masked(await jetStream.call('GET', all)), masked(await memory.call('GET', all)));
      }),
      { numRuns: runs },
    );
  });
});
