import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectMeta, OwnerReference } from '@drover/contracts';
import { type ApiObject, ApiServer, allVerbs, MemoryStore, namespacesWith, type ResourceType } from './index.ts';
import { gadgets, widgets } from './widgets-for-tests.ts';

const namespaces = namespacesWith(allVerbs);
const plain: ResourceType = { ...widgets, hidden: [] };

/** So many replicas of an API on one store. */
async function replicas(count: number, store = new MemoryStore()) {
  const apis = Array.from(
    { length: count },
    () =>
      new ApiServer<string>({
        types: [plain, gadgets, namespaces],
        store,
        authorize: () => ({ allowed: true }),
        nameOf: user => user,
        version: {},
        onProblem: error => assert.fail(String(error)),
      }),
  );
  for (const api of apis) await api.start();
  const [api] = apis;
  assert.ok(api);
  const { registry } = api;
  const has = (name: string): boolean => registry.find(plain, name) !== undefined;
  const until = (holds: () => boolean): Promise<void> => api.cache.until(holds, 'the collector did not do it');
  const make = (name: string, metadata: Partial<ObjectMeta> = {}) =>
    registry.create<ApiObject>(plain, { apiVersion: 'example.dev/v1', kind: 'Widget', metadata: meta(name, metadata) });
  return {
    registry,
    make,
    has,
    until,
    /** Resolves when the collectors have looked at all that was written so far. */
    caughtUp: async (): Promise<void> => {
      const nobody = { apiVersion: 'example.dev/v1', kind: 'Widget', name: 'nobody', uid: 'nobody' };
      await make('last', { ownerReferences: [nobody] });
      await until(() => !has('last'));
    },
    gadget: (name: string, namespace: string, metadata: Partial<ObjectMeta> = {}) =>
      registry.create<ApiObject>(gadgets, {
        apiVersion: 'example.dev/v1',
        kind: 'Gadget',
        metadata: meta(name, { ...metadata, namespace }),
      }),
    namespace: (name: string) =>
      registry.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: meta(name) }),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const one of apis) await one.close();
    },
  };
}

const meta = (name: string, metadata: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name,
  uid: '',
  resourceVersion: '',
  creationTimestamp: '',
  ...metadata,
});

const ownedBy = ({ apiVersion, kind, metadata }: ApiObject, blockOwnerDeletion = false): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid,
  blockOwnerDeletion,
});

for (const count of [1, 3])
  test(`what is owned goes with its owner, and what it owns too (replicas: ${count})`, async () => {
    await using api = await replicas(count);
    const owner = await api.make('owner');
    const child = await api.make('child', { ownerReferences: [ownedBy(owner)] });
    await api.make('grandchild', { ownerReferences: [ownedBy(child)] });
    await api.make('other');
    await api.registry.delete(plain, 'owner');
    await api.until(() => !api.has('child') && !api.has('grandchild'));
    assert.ok(api.has('other'));
  });

test('an owner that does not exist, or is another object of its name, collects', async () => {
  await using api = await replicas(1);
  const owner = await api.make('owner');
  await api.make('stray', { ownerReferences: [{ ...ownedBy(owner), uid: 'earlier' }] });
  await api.make('lost', { ownerReferences: [{ ...ownedBy(owner), name: 'nobody' }] });
  await api.until(() => !api.has('stray') && !api.has('lost'));
  // Of a kind that is kept elsewhere nothing is known.
  const elsewhere = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u' };
  await api.make('foreign', { ownerReferences: [elsewhere] });
  await api.caughtUp();
  assert.ok(api.has('foreign'));
});

test('one owner that is left keeps the object, which forgets the other', async () => {
  await using api = await replicas(2);
  const [one, two] = [await api.make('one'), await api.make('two')];
  await api.make('shared', { ownerReferences: [ownedBy(one), ownedBy(two)] });
  await api.registry.delete(plain, 'one');
  const owners = (): (string | undefined)[] =>
    (api.registry.find(plain, 'shared')?.metadata.ownerReferences ?? []).map(({ name }) => name);
  await api.until(() => owners().length === 1);
  assert.deepEqual(owners(), ['two']);
});

for (const count of [1, 3])
  test(`a foreground deletion waits for what blocks it, and for nothing else (replicas: ${count})`, async () => {
    await using api = await replicas(count);
    const owner = await api.make('owner');
    const blocking = { ownerReferences: [ownedBy(owner, true)], finalizers: ['example.dev/wait'] };
    await api.make('blocking', blocking);
    await api.make('other', { ownerReferences: [ownedBy(owner)], finalizers: ['example.dev/wait'] });
    await api.registry.delete(plain, 'owner', { propagation: 'Foreground' });
    const going = (name: string): boolean => api.registry.find(plain, name)?.metadata.deletionTimestamp !== undefined;
    await api.until(() => going('blocking') && going('other'));
    await api.caughtUp();
    assert.ok(api.has('owner'));
    await api.registry.update(plain, 'blocking', current => ({
      ...current,
      metadata: { ...current.metadata, finalizers: [] },
    }));
    await api.until(() => !api.has('owner'));
    assert.ok(api.has('other'));
  });

test('a circle of owners is deleted in the foreground all the same', async () => {
  await using api = await replicas(2);
  const one = await api.make('one');
  const two = await api.make('two', { ownerReferences: [ownedBy(one, true)] });
  await api.registry.update(plain, 'one', current => ({
    ...current,
    metadata: { ...current.metadata, ownerReferences: [ownedBy(two, true)] },
  }));
  await api.registry.delete(plain, 'one', { propagation: 'Foreground' });
  await api.until(() => !api.has('one') && !api.has('two'));
});

for (const count of [1, 3])
  test(`orphans stay and forget their owner (replicas: ${count})`, async () => {
    await using api = await replicas(count);
    const owner = await api.make('owner');
    await api.make('child', { ownerReferences: [ownedBy(owner, true)] });
    await api.registry.delete(plain, 'owner', { propagation: 'Orphan' });
    await api.until(() => !api.has('owner'));
    assert.equal(api.registry.get(plain, 'child').metadata.ownerReferences, undefined);
  });

test('objects are made in namespaces that are there; a namespace goes when it is empty', async () => {
  await using api = await replicas(2);
  await assert.rejects(api.gadget('g', 'left'), { code: 'not-found', message: 'namespaces "left" not found' });
  const made = await api.namespace('left');
  assert.deepEqual(made.metadata.labels, { 'kubernetes.io/metadata.name': 'left' });
  assert.deepEqual([made.spec, made.status], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }]);
  await api.namespace('right');
  await api.gadget('g', 'right');
  await api.gadget('g', 'left');
  await api.gadget('held', 'left', { finalizers: ['example.dev/wait'] });
  const { object, gone } = await api.registry.delete(namespaces, 'left');
  assert.deepEqual([gone, object.status], [false, { phase: 'Terminating' }]);
  await api.until(() => api.registry.find(gadgets, 'g', 'left') === undefined);
  await assert.rejects(api.gadget('late', 'left'), {
    code: 'forbidden',
    message:
      'gadgets.example.dev "late" is forbidden: unable to create new content in namespace left because it is being terminated',
  });
  await api.caughtUp();
  assert.ok(api.registry.find(namespaces, 'left'));
  await api.registry.update(
    gadgets,
    'held',
    current => ({ ...current, metadata: { ...current.metadata, finalizers: [] } }),
    { namespace: 'left' },
  );
  await api.until(() => api.registry.find(namespaces, 'left') === undefined);
  assert.ok(api.registry.find(gadgets, 'g', 'right'));
});

test('what was left undone by a process that ended is done by the next', async () => {
  const store = new MemoryStore();
  const object = (kind: string, metadata: Partial<ObjectMeta>): ApiObject => ({
    apiVersion: 'example.dev/v1',
    kind,
    metadata: meta(metadata.name ?? '', { uid: `u-${metadata.name}`, ...metadata }),
  });
  const lost = { apiVersion: 'example.dev/v1', kind: 'Widget', name: 'nobody', uid: 'x' };
  const put = (key: string, value: ApiObject): Promise<number> => store.create(key, Buffer.from(JSON.stringify(value)));
  await put('widgets._.child', object('Widget', { name: 'child', ownerReferences: [lost] }));
  await put('gadgets.gone.g', object('Gadget', { name: 'g', namespace: 'gone' }));
  await using api = await replicas(1, store);
  await api.until(() => !api.has('child') && api.registry.list(gadgets).length === 0);
});
