import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, type Namespace, type Registry } from '@drover/apiserver';
import { eventually } from '@drover/testing';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { clusters, namespaces, newObject } from '../resources/index.ts';

const cluster = (name: string): object => ({ ...newObject('Cluster', name), metadata: { name }, spec: {} });

const until = (holds: () => boolean): Promise<true> => eventually(() => (holds() ? true : undefined));

const namespaceOf = (registry: Registry, name: string): Namespace | undefined => registry.find(namespaces, name);

test('a namespace is there as soon as its cluster, and goes with it, however it is deleted', async () => {
  await using served = await serveFleet();
  const { registry } = served.fleet;
  for (const propagationPolicy of ['Background', 'Foreground', 'Orphan']) {
    assert.equal((await served.call(admin, 'POST', `${objectsPath}/clusters`, cluster('alpha'))).status, 201);
    const found = namespaceOf(registry, 'alpha');
    const { uid } = registry.get(clusters, 'alpha').metadata;
    assert.equal(found?.metadata.ownerReferences?.[0]?.uid, uid);
    assert.equal(found?.status?.phase, 'Active');
    await served.call(admin, 'DELETE', `${objectsPath}/clusters/alpha`, { propagationPolicy });
    await until(() => namespaceOf(registry, 'alpha') === undefined);
    await until(() => registry.find(clusters, 'alpha') === undefined);
  }
});

test('a cluster that is made anew gets a namespace of its own', async () => {
  await using served = await serveFleet();
  const { registry } = served.fleet;
  await served.call(admin, 'POST', `${objectsPath}/clusters`, cluster('alpha'));
  const first = namespaceOf(registry, 'alpha')?.metadata.uid;
  await served.call(admin, 'DELETE', `${objectsPath}/clusters/alpha`);
  await served.call(admin, 'POST', `${objectsPath}/clusters`, cluster('alpha'));
  await until(() => ![undefined, first].includes(namespaceOf(registry, 'alpha')?.metadata.uid));
  assert.equal(
    namespaceOf(registry, 'alpha')?.metadata.ownerReferences?.[0]?.uid,
    registry.get(clusters, 'alpha').metadata.uid,
  );
});

test('clusters of a hub that had no namespaces get theirs when it starts', async () => {
  const store = new MemoryStore();
  const metadata = { name: 'old', uid: 'u1', resourceVersion: '', creationTimestamp: '2026-01-01T00:00:00Z' };
  await store.create(
    'clusters._.old',
    Buffer.from(JSON.stringify({ ...newObject('Cluster', 'old'), metadata, spec: {} })),
  );
  await using served = await serveFleet(store);
  assert.equal(namespaceOf(served.fleet.registry, 'old')?.metadata.ownerReferences?.[0]?.uid, 'u1');
});

test('namespaces are read as those of any cluster, and kinds that have one live there', async () => {
  await using served = await serveFleet();
  const call = (method: string, path: string, body?: unknown) => served.call(admin, method, path, body);
  for (const name of ['alpha', 'beta']) await call('POST', `${objectsPath}/clusters`, cluster(name));
  const { items } = (await call('GET', '/api/v1/namespaces')).body;
  assert.deepEqual(
    items.map((item: Namespace) => [item.metadata.name, item.metadata.labels?.['kubernetes.io/metadata.name']]),
    [
      ['alpha', 'alpha'],
      ['beta', 'beta'],
    ],
  );
  assert.equal((await call('GET', '/api/v1/namespaces/alpha')).body.kind, 'Namespace');
  for (const method of ['DELETE', 'POST']) {
    const path = method === 'POST' ? '/api/v1/namespaces' : '/api/v1/namespaces/alpha';
    assert.equal((await call(method, path)).status, 405);
  }
  const project = (name: string): object => ({
    apiVersion: 'drover.dev/v1',
    kind: 'Project',
    metadata: { name },
    spec: {},
  });
  for (const name of ['alpha', 'beta']) {
    assert.equal((await call('POST', `${objectsPath}/namespaces/${name}/projects`, project('p'))).status, 201);
  }
  const lost = await call('POST', `${objectsPath}/namespaces/nope/projects`, project('p'));
  assert.deepEqual([lost.status, lost.body.message], [404, 'namespaces "nope" not found']);
  assert.equal((await call('GET', `${objectsPath}/projects`)).body.items.length, 2);
  await call('DELETE', `${objectsPath}/clusters/alpha`);
  await until(() => namespaceOf(served.fleet.registry, 'alpha') === undefined);
  const left = (await call('GET', `${objectsPath}/projects`)).body.items;
  assert.deepEqual(
    left.map((item: Namespace) => item.metadata.namespace),
    ['beta'],
  );
});
