import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import type { AuditRecord } from '@drover/contracts';
import { eventually } from '@drover/testing';
import { connectStub } from './agent.ts';
import { passwordOf, startTestHub, type TestHub } from './hub.ts';
import { frozen } from './processes.ts';
import { openRaw, upgradeHead } from './raw-connection.ts';
import { type Replica, startReplica } from './replica.ts';
import { type StubCluster, startStubCluster, switched } from './stub-cluster.ts';

const pod = '/api/v1/namespaces/default/pods/p';
const alpha = `/k8s/clusters/alpha`;

const webSocket = {
  method: 'GET',
  protocol: 'websocket',
  more: [
    'sec-websocket-version: 13',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol: v4.channel.k8s.io',
  ],
};
const spdy = { method: 'POST', protocol: 'SPDY/3.1', more: ['x-stream-protocol-version: v4.channel.k8s.io'] };
/** What opens a connection into a pod, and how clients ask for it. */
const sessions = [
  { what: 'exec over WebSocket, a GET', target: `${pod}/exec?command=sh`, form: webSocket },
  { what: 'exec over SPDY', target: `${pod}/exec?command=sh`, form: spdy },
  { what: 'attach over SPDY', target: `${pod}/attach?stdin=true`, form: spdy },
  { what: 'attach over WebSocket, a GET', target: `${pod}/attach?stdin=true`, form: webSocket },
  { what: 'port-forward over SPDY', target: `${pod}/portforward`, form: spdy },
  { what: 'port-forward over WebSocket, a GET', target: `${pod}/portforward?ports=80`, form: webSocket },
];

describe('what opens a connection into a pod is audited', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let replica: Replica;
  let alice: string;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    replica = running.use(await startReplica(hub));
    running.use(await connectStub(hub, 'alpha', stub.endpoint, { tunnelUrl: replica.url, door: replica.url }));
    alice = await hub.createUser('alice', ['developers']);
  });
  after(() => running.disposeAsync());

  /** The request in the cluster's hands, before it has answered. */
  const arriving = (): Promise<{ socket: Duplex; id: string }> =>
    new Promise(resolve =>
      stub.switch((request, socket) => resolve({ socket, id: String(request.headers['audit-id']) })),
    );
  const recordsOf = async (id: string): Promise<AuditRecord[]> =>
    (await hub.audit()).filter(({ requestId }) => requestId === id);

  for (const { what, target, form } of sessions) {
    test(`T20 ${what}: a record that is kept before the cluster hears of it, and one at the end`, async () => {
      const arrived = arriving();
      using client = await openRaw(hub, replica.url);
      client.write(upgradeHead(alpha + target, alice, form));
      const { socket, id } = await arrived;
      // Nothing has been answered yet: the record is there already.
      const [started, ...more] = await recordsOf(id);
      assert.deepEqual(more, []);
      assert.equal(started?.stage, 'started');
      assert.equal(started.user, 'drover:alice');
      assert.deepEqual(started.groups, ['drover:developers']);
      assert.equal(started.cluster, 'alpha');
      assert.equal(started.method, form.method);
      assert.equal(started.path, target);
      assert.equal(started.sourceAddress, '127.0.0.1');
      assert.equal(started.token, alice.split('_')[1]);

      socket.write(`${switched(form.protocol)}0123456789`);
      let sent = 0;
      socket.on('data', (chunk: Buffer) => {
        sent += chunk.length;
      });
      await client.until(/0123456789$/);
      client.write('four');
      await eventually(() => sent === 4);
      socket.end();
      const ended = await eventually(async () => (await recordsOf(id)).find(({ stage }) => stage === 'ended'));
      assert.equal(ended.bytesIn, 4);
      assert.equal(ended.bytesOut, 10);
      assert.equal(ended.status, 101);
      assert.ok(ended.durationMs >= started.durationMs);
      assert.equal(ended.user, 'drover:alice');
      assert.equal(ended.seq > started.seq, true);
    });

    test(`T17 ${what} counts as create`, async () => {
      const records = (await hub.audit()).filter(({ path }) => path === target);
      assert.ok(records.length > 0);
      for (const { verb } of records) assert.equal(verb, 'create');
    });
  }

  test('T17 a proxied service counts as create, also by GET', async () => {
    for (const path of ['/api/v1/namespaces/a/services/s/proxy/x', `${pod}/proxy/`, '/api/v1/nodes/n/proxy/metrics']) {
      await hub.call(alpha + path, { token: alice, door: replica.url });
      const record = await eventually(async () => (await hub.audit()).find(found => found.path === path));
      assert.equal(record.verb, 'create', path);
    }
  });

  test('T20 a session that the cluster refuses, and one whose caller goes away, have both records', async () => {
    const refusing = arriving();
    using refused = await openRaw(hub, replica.url);
    refused.write(upgradeHead(`${alpha}${pod}/exec`, alice));
    const { socket, id } = await refusing;
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
    const ended = await eventually(async () => (await recordsOf(id)).find(({ stage }) => stage === 'ended'));
    assert.equal(ended.status, 403);

    const leaving = arriving();
    const left = await openRaw(hub, replica.url);
    left.write(upgradeHead(`${alpha}${pod}/exec`, alice));
    const second = await leaving;
    second.socket.on('error', () => {}).write(switched());
    await left.until(/^HTTP\/1\.1 101 /);
    left.socket.destroy();
    const gone = await eventually(async () => (await recordsOf(second.id)).find(({ stage }) => stage === 'ended'));
    assert.match(gone.error ?? '', /went away/);
    assert.deepEqual(
      (await recordsOf(second.id)).map(({ stage }) => stage),
      ['started', 'ended'],
    );
  });

  test('T20 while NATS is away the record is in the spool file before the cluster hears of the session', async () => {
    const folder = join(replica.dataDir, 'audit');
    const spooled = (): string =>
      readdirSync(folder)
        .filter(name => !name.endsWith('.lock'))
        .map(name => readFileSync(join(folder, name), 'utf8'))
        .join('\n');
    let id = '';
    let atArrival = '';
    {
      await using _nats = await frozen('nats-server', hub.dataDir);
      using client = await openRaw(hub, replica.url);
      stub.switch((request, socket) => {
        id = String(request.headers['audit-id']);
        atArrival = spooled();
        socket.write(switched());
        socket.pipe(socket);
      });
      client.write(upgradeHead(`${alpha}${pod}/exec?command=away`, alice));
      await client.until(/^HTTP\/1\.1 101 /);
      client.write('hello');
      await client.until(/hello$/);
    }
    const started = atArrival.split('\n').find(line => line.includes(id) && line.includes('"stage":"started"'));
    assert.ok(started, `no record of ${id} in ${atArrival}`);
    // It goes to the stream when NATS is back, once.
    await eventually(
      async () => {
        assert.deepEqual(
          (await recordsOf(id)).map(({ stage }) => stage),
          ['started', 'ended'],
        );
        return true;
      },
      { timeoutMs: 20_000 },
    );
    await eventually(() => !spooled().includes(id));
  });

  /** What a stranger sends to the hub's own front door, and the record that it must leave. */
  const refusals: { what: string; bytes: string; status: number; record: Partial<AuditRecord> }[] = [
    {
      what: 'an upgrade to a protocol that Kubernetes does not know',
      bytes: upgradeHead(`${alpha}/unknown-protocol`, 'x', { protocol: 'h2c' }),
      status: 400,
      record: { path: `${alpha}/unknown-protocol`, method: 'POST' },
    },
    {
      what: 'an upgrade on a path of the hub',
      bytes: upgradeHead('/v1/not-for-upgrades', 'x'),
      status: 400,
      record: { path: '/v1/not-for-upgrades', method: 'POST' },
    },
    {
      what: 'a target that is no path',
      bytes: 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n',
      status: 404,
      record: { path: '*', method: 'OPTIONS' },
    },
    { what: 'bytes that are no request', bytes: 'hello\r\n\r\n', status: 400, record: { path: '', method: '' } },
    {
      what: 'headers over the limit',
      bytes: `GET / HTTP/1.1\r\nx: ${'a'.repeat(40_000)}`,
      status: 431,
      record: { path: '', method: '' },
    },
  ];
  for (const { what, bytes, status, record } of refusals) {
    test(`${what}: refused, and recorded`, async () => {
      const known = new Set((await hub.audit()).map(({ requestId }) => requestId));
      using client = await openRaw(hub, hub.url);
      client.write(bytes);
      await client.until(new RegExp(`^HTTP/1\\.1 ${status} `));
      const found = await eventually(async () =>
        (await hub.audit()).find(
          entry => !known.has(entry.requestId) && entry.path === record.path && entry.method === record.method,
        ),
      );
      assert.deepEqual([found.status, found.user, found.sourceAddress], [status, '', '127.0.0.1']);
    });
  }

  test('a login is recorded with the user and the session that he got; a refused one with nobody', async () => {
    const records = async (status: number): Promise<AuditRecord[]> =>
      (await hub.audit()).filter(entry => entry.path === '/v1/login' && entry.status === status);
    const body = { username: 'alice', password: passwordOf('alice') };
    const { name } = (await hub.call('/v1/login', { method: 'POST', body })).json;
    const found = await eventually(async () => (await records(201)).find(({ token }) => token === name));
    assert.equal(found.user, 'alice');
    await hub.call('/v1/login', { method: 'POST', body: { username: 'alice', password: 'a wrong password' } });
    const refused = await eventually(async () => (await records(401))[0]);
    assert.deepEqual([refused.user, refused.token], ['', '']);
  });
});
