import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '@drover/apiserver';
import type { Event } from '@drover/contracts';
import { eventually } from '@drover/testing';
import { admin, objectsPath, serveFleet } from '../fleet-for-tests.ts';
import { clusters, events } from '../resources/index.ts';

type Served = Awaited<ReturnType<typeof serveFleet>>;

const keyOf = (letter: string): string => letter.repeat(43);

async function withCluster(served: Served): Promise<{ uid: string; token: string }> {
  const offer = await served.call(admin, 'POST', '/v1/clusters/alpha/join', {});
  assert.equal(offer.status, 201, offer.text);
  return { uid: served.fleet.registry.get(clusters, 'alpha').metadata.uid, token: offer.body.join.joinToken };
}

/** The event of that reason, once it has this count. */
const told = ({ fleet }: Served, reason: string, count: number): Promise<Event> =>
  eventually(() =>
    fleet.registry.list(events, 'alpha').find(({ spec }) => spec.reason === reason && spec.count === count),
  );

test('a cluster’s events say that it joined, whose key waits, and who approved', async () => {
  await using served = await serveFleet();
  const { uid, token } = await withCluster(served);
  const enrol = (key: string) => served.fleet.enrolment.enrol({ clusterUid: uid, publicKey: key, joinToken: token });
  await enrol(keyOf('a'));
  const joined = await told(served, 'ClusterJoined', 1);
  assert.deepEqual([joined.spec.type, joined.spec.regarding], ['Normal', { kind: 'Cluster', name: 'alpha', uid }]);
  await enrol(keyOf('a')); // known already
  await enrol(keyOf('b'));
  await enrol(keyOf('b')); // it waits already
  await enrol(keyOf('c'));
  assert.equal((await told(served, 'AgentKeyPending', 2)).spec.type, 'Warning');
  assert.equal((await served.call(admin, 'POST', '/v1/clusters/alpha/approve-agent')).status, 200);
  await told(served, 'AgentKeysApproved', 1);
  assert.equal((await served.call(admin, 'POST', '/v1/clusters/alpha/approve-agent')).status, 200); // nothing waited
  const { items } = (await served.call(admin, 'GET', `${objectsPath}/namespaces/alpha/events`)).body;
  assert.deepEqual(
    items.map(({ spec }: Event) => [spec.reason, spec.count]),
    [
      ['AgentKeyPending', 2],
      ['AgentKeysApproved', 1],
      ['ClusterJoined', 1],
    ],
  );
});

test('an agent that comes and goes is counted once for all replicas, and told for a day', async () => {
  const store = new MemoryStore();
  await using served = await serveFleet(store);
  await using other = await serveFleet(store);
  const { uid } = await withCluster(served);
  await eventually(() => other.fleet.registry.find(clusters, 'alpha'));
  const session = [{ agentVersion: '1', kubernetesVersion: 'v1.32.0' }];
  for (let round = 1; round <= 3; round++) {
    for (const connected of [true, false]) {
      for (const { sessions, fleet } of [served, other]) {
        if (connected) sessions.set(uid, session);
        else sessions.delete(uid);
        fleet.wake();
      }
      await told(served, connected ? 'AgentConnected' : 'AgentDisconnected', round);
      // The other replica has seen it too before the next change, and had nothing to write.
      await eventually(() =>
        other.fleet.registry.find(clusters, 'alpha')?.status?.connected === connected ? true : undefined,
      );
    }
  }
  served.clock.advance(25 * 3600_000);
  await eventually(() => (served.fleet.registry.list(events, 'alpha').length === 0 ? true : undefined));
});
