import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type AuditEvent,
  cannotStartCluster,
  eventually,
  kubectl,
  type RunResult,
  run,
  startCluster,
  type TestCluster,
} from '@drover/testing';
import { type Hub, startHub } from './hub.ts';
import { kubectlEnv } from './step.ts';

const auditPolicy = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
});

// Who acts, as the cluster itself sees and judges it.
describe('identity through the hub', { skip: cannotStartCluster() }, () => {
  const running = new AsyncDisposableStack();
  let cluster: TestCluster;
  let hub: Hub;
  let program: string;
  let home: string;
  let asAlice: string;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'drover-identity-'));
    running.defer(() => rm(home, { recursive: true, force: true }));
    program = await kubectl();
    cluster = running.use(await startCluster({ auditPolicy }));
    hub = running.use(await startHub('processes'));
    await hub.connect('alpha', cluster);
    asAlice = await hub.kubeconfig('alpha', await hub.createUser('alice', ['developers']));
    await straight('create', 'namespace', 'team');
    await straight('-n', 'team', 'create', 'rolebinding', 'team', '--clusterrole=edit', '--group=drover:developers');
  });
  after(() => running.disposeAsync());

  const call = (kubeconfig: string, args: string[]): Promise<RunResult> =>
    run(program, args, { env: kubectlEnv({ kubeconfig, home }) });
  const straight = (...args: string[]): Promise<RunResult> => call(cluster.kubeconfig, args);
  const alice = (...args: string[]): Promise<RunResult> => call(asAlice, args);
  const creationOf = async (name: string): Promise<AuditEvent | undefined> =>
    (await cluster.auditLog()).find(({ verb, objectRef }) => verb === 'create' && objectRef?.name === name);

  test('the cluster’s own audit log names the person, with groups, behind an account that only impersonates', async () => {
    const created = await alice('-n', 'team', 'create', 'configmap', 'by-alice');
    assert.equal(created.stdout, 'configmap/by-alice created\n', created.stderr);
    const event = await eventually(() => creationOf('by-alice'));
    assert.equal(event.impersonatedUser?.username, 'drover:alice');
    assert.deepEqual(event.impersonatedUser?.groups, ['drover:developers', 'system:authenticated']);
    assert.match(event.user.username, /^system:serviceaccount:drover-system:/);
  });

  test('an administrator of the hub is drover:admin in the group that the import bound to cluster-admin', async () => {
    const asAdmin = await hub.kubeconfig('alpha', hub.adminToken);
    const created = await call(asAdmin, ['-n', 'kube-system', 'create', 'configmap', 'by-admin']);
    assert.equal(created.code, 0, created.stderr);
    const event = await eventually(() => creationOf('by-admin'));
    assert.equal(event.impersonatedUser?.username, 'drover:admin');
    assert.ok(event.impersonatedUser?.groups?.includes('drover:admins'));
  });

  for (const args of [
    ['-n', 'kube-system', 'get', 'secrets'],
    ['get', 'nodes'],
    ['-n', 'kube-system', 'create', 'configmap', 'not-by-alice'],
    ['-n', 'team', 'create', 'rolebinding', 'more', '--clusterrole=cluster-admin', '--user=drover:alice'],
    ['-n', 'team', 'delete', 'rolebinding', 'team'],
    ['auth', 'can-i', 'delete', 'nodes'],
    ['-n', 'team', 'auth', 'can-i', 'create', 'pods'],
    ['get', '--raw', '/metrics'],
  ]) {
    test(`alice’s kubectl ${args.join(' ')} is answered as by the cluster itself`, async () => {
      const expected = await straight('--as=drover:alice', '--as-group=drover:developers', ...args);
      assert.deepEqual(await alice(...args), expected);
    });
  }
});

// A hub that puts another word before names: the agent as a process learns it from the join file.
test('administrators reach the cluster under the hub’s own prefix', { skip: cannotStartCluster() }, async () => {
  await using cluster = await startCluster({ auditPolicy });
  await using hub = await startHub('one process', { DROVER_USER_PREFIX: 'acme:' });
  await hub.connect('alpha', cluster);
  const path = '/k8s/clusters/alpha/api/v1/nodes';
  const { status, body } = await hub.call(path, { token: hub.adminToken });
  assert.equal(status, 200, JSON.stringify(body));
  const event = await eventually(async () =>
    (await cluster.auditLog()).find(({ impersonatedUser }) => impersonatedUser?.username === 'acme:admin'),
  );
  assert.ok(event.impersonatedUser?.groups?.includes('acme:admins'));
});
