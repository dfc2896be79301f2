import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectSessions, TunnelDirectory } from '@drover/sessions';
import { eventually } from '@drover/testing';
import { connectStub, startAgent, type TestAgent } from './agent.ts';
import { openHttp2 } from './http2-client.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { openRaw, upgradeHead } from './raw-connection.ts';
import { type Relay, startRelay } from './relay.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

/** What T23 states. */
const noticedMs = 15_000;
/** A refusal at once, on a machine that is busy with other tests. */
const atOnceMs = 2_000;
/** Below the minute at which load balancers and firewalls drop a connection that is quiet. */
const idleLimitMs = 60_000;

// Each waits for the keepalive of some hop, so all of them wait at the same time.
describe('a network that says nothing', { concurrency: true }, () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
  });
  after(() => running.disposeAsync());

  const start = async (cluster: string): Promise<{ relay: Relay; agent: TestAgent }> => {
    const relay = running.use(await startRelay(hub.port));
    const agent = running.use(
      await connectStub(hub, cluster, stub.endpoint, { tunnelUrl: `https://127.0.0.1:${relay.port}` }),
    );
    return { relay, agent };
  };
  const get = (cluster: string) => hub.call(`/k8s/clusters/${cluster}/api`, { token: hub.adminToken });

  test('T23 silence without an end is noticed within 15 s on both sides; then 503 at once, and the agent comes back', async () => {
    const { relay, agent } = await start('alpha');
    relay.silence();
    const begun = performance.now();
    const waiting = get('alpha');
    await Promise.all([
      eventually(() => agent.connected() === 0, { timeoutMs: noticedMs }),
      eventually(async () => (await connectedStatus('alpha')) === false, { timeoutMs: noticedMs }),
      waiting,
    ]);
    assert.ok(performance.now() - begun < noticedMs);
    // The request that was under way was told so, and not to come back: client-go would, ten times.
    const cut = await waiting;
    assert.ok(cut.status === 502 || cut.status === 503, cut.text);
    assert.equal(cut.headers['retry-after'], undefined);

    const asked = performance.now();
    const refused = await get('alpha');
    assert.ok(performance.now() - asked < atOnceMs);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], undefined);
    assert.match(refused.text, /no agent of cluster \\"alpha\\" is connected/);

    relay.heal();
    await eventually(async () => (await get('alpha')).status === 200, { timeoutMs: 30_000 });
    assert.equal(agent.connected(), 1);
  });

  test('T23 an upgraded stream ends on both sides when the network goes silent', async () => {
    const { relay } = await start('beta');
    using client = await openRaw(hub, hub.url);
    const before = stub.connections.size;
    client.write(upgradeHead('/k8s/clusters/beta/api/v1/namespaces/a/pods/p/exec', hub.adminToken));
    await client.until(/^HTTP\/1\.1 101 /);
    await eventually(() => stub.connections.size > before);
    relay.silence();
    await eventually(client.closed, { timeoutMs: noticedMs });
  });

  test('T23 agents that lost the hub come back at different times', async () => {
    const relay = running.use(await startRelay(1)); // nobody listens there
    const file = await hub.joinFile('gamma');
    const join = { ...file, hub: { ...file.hub, tunnelUrls: [`https://127.0.0.1:${relay.port}`] } };
    const pauses: number[] = [];
    const { createLogger } = await import('@drover/telemetry');
    const logger = createLogger({
      name: 'agent',
      level: 'warn',
      destination: {
        write: line => {
          const record: unknown = JSON.parse(line);
          if (typeof record === 'object' && record !== null && 'retryMs' in record) pauses.push(Number(record.retryMs));
        },
      },
    });
    const agents = Array.from({ length: 8 }, () => startAgent(join, stub.endpoint, { logger }));
    await eventually(() => pauses.length >= 16);
    await Promise.all(agents.map(agent => agent[Symbol.asyncDispose]()));
    assert.ok(new Set(pauses).size > 8, pauses.join());
  });

  test('T32 an idle shell, port-forward and watch live on, and every hop speaks meanwhile', async () => {
    const { relay } = await start('delta');
    stub.serve((request, response) => {
      if (request.url?.includes('watch=1')) response.writeHead(200).write('{"type":"BOOKMARK"}\n');
      else response.end('{}');
    });
    using shell = await openRaw(hub, hub.url);
    using forwarded = await openRaw(hub, hub.url);
    for (const [client, what] of [[shell, 'exec'] as const, [forwarded, 'portforward'] as const]) {
      client.write(upgradeHead(`/k8s/clusters/delta/api/v1/namespaces/a/pods/p/${what}`, hub.adminToken));
      await client.until(/^HTTP\/1\.1 101 /);
    }
    const { session, stream } = openHttp2(hub, {
      path: '/k8s/clusters/delta/api/v1/pods?watch=1',
      token: hub.adminToken,
    });
    let events = '';
    let pings = 0;
    stream.setEncoding('utf8').on('data', chunk => {
      events += chunk;
    });
    session.on('ping', () => pings++);
    await eventually(() => events !== '');
    const before = { ...relay.sent };
    const forth: number[] = [];
    // Idle until the front door has pinged the HTTP/2 client, and agent and gateway have each been heard again and again.
    await eventually(
      () => {
        if (relay.sent.forth > (forth.at(-1) ?? before.forth)) forth.push(relay.sent.forth);
        return pings > 0 && forth.length >= 3 && relay.sent.back > before.back;
      },
      { timeoutMs: idleLimitMs },
    );
    for (const client of [shell, forwarded]) {
      client.write('still there');
      await client.until(/still there$/);
    }
    assert.equal(stream.closed, false);
    session.destroy();
  });

  test('T32 the kernel probes every connection that may be quiet: front door, tunnel, kube-apiserver', async () => {
    const { relay } = await start('epsilon');
    using shell = await openRaw(hub, hub.url);
    shell.write(upgradeHead('/k8s/clusters/epsilon/api/v1/namespaces/a/pods/p/exec', hub.adminToken));
    await shell.until(/^HTTP\/1\.1 101 /);
    const client = shell.socket.localPort ?? 0;
    await eventually(async () => {
      const all = await connections();
      const probed = (what: string, found: Connection[]): void => {
        assert.ok(found.length > 0, `no connection: ${what}`);
        assert.ok(
          found.some(({ timer }) => timer === keepaliveTimer),
          `no keepalive: ${what}`,
        );
      };
      probed(
        'front door to client',
        all.filter(({ local, remote }) => local === hub.port && remote === client),
      );
      probed(
        'agent to gateway',
        all.filter(({ remote }) => remote === relay.port),
      );
      probed(
        'gateway to agent',
        all.filter(({ local, remote }) => local === hub.port && remote !== client),
      );
      probed(
        'agent to kube-apiserver',
        all.filter(({ remote }) => remote === stub.port),
      );
      return true;
    });
  });

  test('T32 the kernel probes every connection between the services of the hub too', async () => {
    await using many = await startTestHub({ processes: { authProxies: 1, gateways: 2 } });
    await using sessions = connectSessions({ url: many.redisUrl });
    await using directory = new TunnelDirectory(sessions);
    const hops = await eventually(async () => {
      await directory.refresh();
      const gateways = directory.view.gateways();
      return gateways.length === 2 ? gateways.map(({ hopAddress }) => Number(hopAddress.split(':')[1])) : undefined;
    });
    const record: { ports: Record<string, number> } = JSON.parse(
      await readFile(join(many.dataDir, 'hub.json'), 'utf8'),
    );
    // A watch on the hub's own API keeps a connection of the front door to fleet-api.
    const { session, stream } = openHttp2(many, {
      path: '/apis/drover.dev/v1/clusters?watch=1',
      token: many.adminToken,
    });
    await new Promise(resolve => stream.once('response', resolve));
    // The front door and the other gateway dial each gateway.
    const wanted = [...hops.map(port => ({ port, dialled: 2 })), { port: record.ports['fleet-api'] ?? 0, dialled: 1 }];
    for (const { port, dialled } of wanted) {
      await eventually(async () => {
        const probed = (await connections()).filter(({ timer }) => timer === keepaliveTimer);
        for (const end of ['remote', 'local'] as const) {
          const found = probed.filter(connection => connection[end] === port).length;
          assert.ok(found >= dialled, `${found} connections with ${end} port ${port} are probed, not ${dialled}`);
        }
        return true;
      });
    }
    session.destroy();
  });

  const connectedStatus = async (cluster: string): Promise<unknown> => {
    const { json } = await hub.call(`/apis/drover.dev/v1/clusters/${cluster}`, { token: hub.adminToken });
    const { status } = json;
    return typeof status === 'object' && status !== null && 'connected' in status ? status.connected : undefined;
  };
});

interface Connection {
  readonly local: number;
  readonly remote: number;
  /** Which timer runs: /proc/net/tcp, `tr`. */
  readonly timer: string;
}

const established = '01';
const keepaliveTimer = '02';

/** TCP connections of this machine over IPv4 (proc(5)). */
async function connections(): Promise<Connection[]> {
  const port = (address = ''): number => Number.parseInt(address.split(':')[1] ?? '', 16);
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  return lines
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === established)
    .map(fields => ({ local: port(fields[1]), remote: port(fields[2]), timer: fields[5]?.split(':')[0] ?? '' }));
}
