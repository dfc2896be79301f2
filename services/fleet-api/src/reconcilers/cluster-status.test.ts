import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastSeenPeriodMs, nextStatus } from '../domain/cluster-status.ts';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { clusters } from '../resources/index.ts';

const session = { agentVersion: '0.1.0', kubernetesVersion: 'v1.35.0' };
const nowMs = Date.parse('2026-01-01T00:00:00Z');

test('a status changes with the sessions, and lastSeen once a minute', () => {
  assert.equal(nextStatus(undefined, [], nowMs), undefined);
  const agentKeys = ['k'];
  const on = nextStatus({ agentKeys }, [session], nowMs);
  assert.deepEqual(on, {
    agentKeys,
    connected: true,
    ...session,
    lastSeen: '2026-01-01T00:00:00Z',
    conditions: [
      {
        type: 'Connected',
        status: 'True',
        reason: 'AgentConnected',
        message: 'An agent of the cluster is connected.',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  });
  assert.equal(nextStatus(on, [session], nowMs + lastSeenPeriodMs - 1), on);
  const later = nextStatus(on, [session], nowMs + lastSeenPeriodMs);
  assert.equal(later?.lastSeen, '2026-01-01T00:01:00Z');
  assert.equal(later?.conditions?.[0]?.lastTransitionTime, '2026-01-01T00:00:00Z');
  assert.equal(nextStatus(on, [{ ...session, agentVersion: '0.2.0' }, session], nowMs + 1)?.agentVersion, '0.2.0');
  const off = nextStatus(on, [], nowMs + 5000);
  assert.deepEqual([off?.connected, off?.lastSeen, off?.agentVersion], [false, '2026-01-01T00:00:05Z', '0.1.0']);
  assert.equal(off?.conditions?.[0]?.status, 'False');
  assert.equal(nextStatus(off, [], nowMs + 90_000), off);
});

test('the reconciler writes what changed, and nothing else', async () => {
  await using served = await serveFleet();
  const { registry, wake } = served.fleet;
  for (const name of ['alpha', 'beta']) {
    await served.call(admin, 'POST', `${objectsPath}/clusters`, {
      apiVersion: 'drover.dev/v1',
      kind: 'Cluster',
      metadata: { name },
    });
  }
  const uid = registry.get(clusters, 'alpha').metadata.uid;
  const connected = (): boolean | undefined => registry.get(clusters, 'alpha').status?.connected;
  const until = async (holds: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 1000 && !holds(); turn++) await new Promise(resolve => setImmediate(resolve));
    assert.ok(holds());
  };
  served.sessions.set(uid, [session]);
  wake();
  await until(() => connected() === true);
  const { revision } = registry;
  for (let event = 0; event < 20; event++) {
    wake();
    await new Promise(resolve => setImmediate(resolve));
  }
  assert.equal(registry.revision, revision);
  const table = await served.call('alice', 'GET', `${objectsPath}/clusters`, undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  assert.deepEqual(
    table.body.columnDefinitions.map((column: { name: string }) => column.name),
    ['Name', 'Connected', 'Agent', 'Kubernetes', 'Last Seen', 'Age'],
  );
  assert.deepEqual(table.body.rows[0].cells, ['alpha', 'True', '0.1.0', 'v1.35.0', '0s', '0s']);
  assert.deepEqual(table.body.rows[1].cells, ['beta', 'False', '', '', 'never', '0s']);
  served.sessions.clear();
  wake();
  await until(() => connected() === false);
});
