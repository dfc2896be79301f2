import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { SimulatedCluster } from './simulated-cluster.ts';

async function serve() {
  await using opening = new AsyncDisposableStack();
  const cluster = await SimulatedCluster.start({ name: 'c', nodes: 2, pods: 4 });
  opening.defer(() => cluster.close());
  const server = createServer((request, response) => void cluster.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opening.defer(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const call = async (headers: Record<string, string>, path: string, method = 'GET', body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
    return { status: response.status, body: (await response.json()) as any };
  };
  const open = opening.move();
  return { call, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

const admin = { 'impersonate-user': 'drover:admin', 'impersonate-group': 'drover:admins' };
const alice = { 'impersonate-user': 'drover:alice', 'impersonate-group': 'drover:team' };
const pods = '/api/v1/namespaces/shop/pods';

test('the agent’s own credential may impersonate and nothing else', async () => {
  await using cluster = await serve();
  const { status, body } = await cluster.call({}, pods);
  assert.equal(status, 403);
  assert.match(body.message, /User "system:serviceaccount:drover-system:drover-impersonator" cannot list/);
  assert.equal((await cluster.call({}, '/version')).body.gitVersion, 'v1.32.0-simulated');
  assert.equal((await cluster.call({ 'impersonate-group': 'drover:admins' }, pods)).status, 400);
  const other = { ...admin, 'impersonate-extra-example.com%2fx': '1' };
  assert.equal((await cluster.call(other, pods)).status, 403, 'its rights name one extra only');
  const named = { ...admin, 'impersonate-extra-drover.dev%2foriginal-user': 'root' };
  assert.equal((await cluster.call(named, pods)).status, 200);
});

test('whoever acts has the rights that the cluster’s RBAC objects give, as soon as they do', async () => {
  await using cluster = await serve();
  assert.equal((await cluster.call(admin, pods)).status, 200);
  assert.equal((await cluster.call(alice, pods)).status, 403);
  const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings';
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'team' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'drover:team' }],
  };
  assert.equal((await cluster.call(alice, path, 'POST', binding)).status, 403);
  assert.equal((await cluster.call(admin, path, 'POST', binding)).status, 201);
  assert.equal((await cluster.call(alice, pods)).status, 200);
  assert.equal((await cluster.call(alice, '/api/v1/namespaces/default/pods')).status, 403);
  assert.equal((await cluster.call(alice, '/api/v1/namespaces/shop/secrets')).status, 403);
  assert.equal((await cluster.call(admin, `${path}/team`, 'DELETE')).status, 200);
  assert.equal((await cluster.call(alice, pods)).status, 403);
});

test('pods are spread over the nodes, and a workload that asks for too many gets no more than fit', async () => {
  await using cluster = await serve();
  const load = await cluster.call(admin, '/api/v1/namespaces/default/pods?labelSelector=app%3Dload');
  const nodes = load.body.items.map((pod: { spec: { nodeName: string } }) => pod.spec.nodeName);
  assert.deepEqual([...new Set(nodes)].sort(), ['c-simulated-1', 'c-simulated-2']);
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'x', image: 'x' }] } };
  const made = await cluster.call(admin, '/apis/apps/v1/namespaces/default/deployments', 'POST', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x' },
    spec: { replicas: 1e9, selector: { matchLabels: { app: 'x' } }, template },
  });
  assert.equal(made.status, 201);
  const found = await cluster.call(admin, '/api/v1/namespaces/default/pods?labelSelector=app%3Dx');
  assert.equal(found.body.items.length, 1_000);
});
