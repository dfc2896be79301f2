import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ApiServer, allVerbs, bucketStore, crdOf, MemoryStore, type ResourceType, type Store } from '@drover/apiserver';
import { connectBus, ensureHubStreams } from '@drover/bus';
import { cannotStartCluster, eventually, startCluster } from '@drover/testing';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { del, get, merge, post, put, type RequestStep } from '../conformance/case.ts';
import { type Finding, outcomeFindings } from '../conformance/compare.ts';
import { CaseRun, type Side } from '../conformance/side.ts';
import { testbedSide } from '../conformance/sides.ts';
import { cannotStartNats, startNats } from './nats.ts';

/** A kind of this test alone: the testbed gets its definition from the same declaration. */
const things: ResourceType = {
  group: 'stores.drover.dev',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  shortNames: [],
  namespaced: false,
  verbs: allVerbs,
  status: true,
  fields: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        colour: { type: 'string', enum: ['red', 'blue'] },
        tags: { type: 'array', items: { type: 'string' } },
      },
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
  columns: [],
};
const path = '/apis/stores.drover.dev/v1/things';

const thing = (name: string, fields: object, metadata: object): object => ({
  apiVersion: 'stores.drover.dev/v1',
  kind: 'Thing',
  metadata: { name, labels: { of: '<n>' }, ...metadata },
  ...fields,
});
const name = fc.constantFrom('<n>-a', '<n>-b', '<n>-c');
const spec = fc.record(
  {
    size: fc.integer({ min: -3, max: 3 }),
    colour: fc.constantFrom('red', 'blue'),
    tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const fields = spec.map(it => ({ spec: it }));
/** Now and then one that the schema refuses. */
const first = fc.oneof(
  { weight: 4, arbitrary: fields },
  { weight: 1, arbitrary: fc.constant({ spec: { colour: 'green' } }) },
);
/**
 * Written through `/status` alone: 1.20 notes a manager of a status that it leaves alone, which is a change of the object
 * and a new revision; later versions do not (KEP-555).
 */
const state = fc.boolean().map(ready => ({ status: { ready } }));
/** Of the last answer, of the first one, none, or one that never was. */
const revision = fc.constantFrom<object>(
  { resourceVersion: '<rv>' },
  { resourceVersion: '<rv0>' },
  {},
  { resourceVersion: '1' },
);
const finalizers = fc.constantFrom<object>({}, {}, { finalizers: ['drover.dev/x'] });
const deletion = fc.constantFrom<object | undefined>(
  undefined,
  { propagationPolicy: 'Background' },
  { preconditions: { resourceVersion: '<rv0>' } },
);

const step: fc.Arbitrary<RequestStep> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(name, first, finalizers).map(([it, has, meta]) => post(path, thing(it, has, meta))),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fields, revision).map(([it, has, meta]) => put(`${path}/${it}`, thing(it, has, meta))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, state, revision)
      .map(([it, has, meta]) => put(`${path}/${it}/status`, thing(it, has, meta))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, fields, fc.constantFrom<object>({}, { metadata: { finalizers: null } }))
      .map(([it, has, meta]) => merge(`${path}/${it}`, { ...has, ...meta })),
  },
  { weight: 2, arbitrary: fc.tuple(name, deletion).map(([it, options]) => del(`${path}/${it}`, options)) },
  { weight: 1, arbitrary: name.map(it => get(`${path}/${it}`)) },
  { weight: 1, arbitrary: fc.constant(get(`${path}?labelSelector=of%3D<n>`)) },
);

/** In later versions who writes `status` through the object owns nothing of it (KEP-555), and the subresource is named. */
const isMeant = ({ at }: Finding): boolean => !at.includes('managedFields');

describe('one API over every store', { skip: cannotStartCluster() || cannotStartNats() }, () => {
  const running = new AsyncDisposableStack();
  let sides: Side[];
  let testbed: Side;

  before(async () => {
    const [cluster, nats] = await Promise.all([startCluster(), startNats()]);
    running.use(cluster);
    running.use(nats);
    const bus = running.use(await connectBus({ url: nats.url, name: 'stores' }));
    await ensureHubStreams(bus);
    sides = [await serve(new MemoryStore(), running), await serve(bucketStore(bus.objects()), running)];
    testbed = await testbedSide(cluster.kubeconfig, running);
    const made = await request(`${testbed.url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions`, {
      dispatcher: testbed.dispatcher,
      method: 'POST',
      headers: { ...testbed.headers, 'content-type': 'application/json' },
      body: JSON.stringify(crdOf(things)),
    });
    assert.equal(made.statusCode, 201, await made.body.text());
    await eventually(async () => (await new CaseRun(testbed, 'x').step(get(path)))['status'] === 200);
    // A list of a store in which nothing was ever written has the revision 0, which etcd never has.
    for (const side of sides) await new CaseRun(side, 'first').step(post(path, thing('<n>', {}, {})));
  });
  after(() => running.disposeAsync());

  test('random writes and reads have the same answers in memory, in JetStream and at a kube-apiserver', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async steps => {
        const run = `t${count++}`;
        const runs = sides.map(side => new CaseRun(side, run));
        const expected = new CaseRun(testbed, run);
        for (const one of steps) {
          const [right, ...found] = await Promise.all([expected.step(one), ...runs.map(it => it.step(one))]);
          for (const [index, answer] of found.entries())
            assert.deepEqual(
              outcomeFindings(answer, right).filter(isMeant),
              [],
              `store ${index}: ${one.method} ${one.path}`,
            );
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** The API over a store, on a real server. */
async function serve(store: Store, undo: AsyncDisposableStack): Promise<Side> {
  const api = new ApiServer<string>({
    types: [things],
    store,
    authorize: () => ({ allowed: true }),
    nameOf: user => user,
    version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
  });
  await api.start();
  undo.defer(() => api.close());
  const server = createServer((asked, answer) => void api.handle(asked, answer, 'admin'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  undo.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const dispatcher = new Agent();
  undo.defer(() => dispatcher.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { name: 'hub', url, dispatcher, headers: {}, kubeconfig: '', home: '' };
}
