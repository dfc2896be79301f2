import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AssertionSigner, loadSigningKey } from '@drover/identity';
import { connectSessions } from '@drover/sessions';
import { eventually } from '@drover/testing';
import { startAgent } from './agent.ts';
import { askThrough } from './evil-gateway.ts';
import { type HopGateway, hopSession, startHopGateway } from './gateway.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { processOf } from './processes.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

describe('a hub whose Redis is away', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let first: HopGateway;
  let second: HopGateway;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    first = running.use(await startHopGateway(hub, 'hop-1'));
    second = running.use(await startHopGateway(hub, 'hop-2'));
  });
  after(() => running.disposeAsync());

  test('T26 reaches a cluster that connects meanwhile from a gateway that has no tunnel of it', async () => {
    const { session } = running.use(await hopSession(hub, first));
    const signer = await AssertionSigner.create(await loadSigningKey(join(hub.dataDir, 'keys/identity.json')));
    const ask = async (clusterUid: string) => {
      const user = { user: 'drover:alice', groups: [], extra: {}, nowMs: Date.now(), lifetimeMs: 60_000 };
      return askThrough(session, {
        cluster: clusterUid,
        assertion: await signer.sign({ audience: clusterUid, ...user }),
      });
    };
    const through = async (file: Awaited<ReturnType<TestHub['joinFile']>>) => {
      const agent = startAgent({ ...file, hub: { ...file.hub, tunnelUrls: [second.url] } }, stub.endpoint);
      running.use(agent);
      await eventually(async () => (await ask(agent.clusterUid)).status === 200, { timeoutMs: 20_000 });
    };
    // One cluster before: then the gateways know each other.
    await through(await hub.joinFile('alpha'));
    const meanwhile = await hub.joinFile('beta');

    process.kill(await processOf('redis-server', new URL(hub.redisUrl).host), 'SIGKILL');
    await using sessions = connectSessions({ url: hub.redisUrl });
    await eventually(() => sessions.redis.status === 'reconnecting');
    await through(meanwhile);
    assert.equal(sessions.connected, false);
  });
});
