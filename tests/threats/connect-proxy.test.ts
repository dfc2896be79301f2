import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import { newKey, startAgent } from './agent.ts';
import { startHopGateway } from './gateway.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

/** An HTTP proxy that knows CONNECT only, and remembers what it was asked for and what it has seen go by. */
async function startProxy() {
  const asked: string[] = [];
  const seen: Buffer[] = [];
  const open = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, client: Duplex) => {
    asked.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward: Socket = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.on('data', (chunk: Buffer) => seen.push(chunk));
      client.pipe(onward);
      onward.pipe(client);
    });
    for (const socket of [client, onward]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        client.destroy();
        onward.destroy();
      });
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    seen: () => Buffer.concat(seen).toString('latin1'),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

describe('an agent behind an HTTP proxy', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let proxy: Awaited<ReturnType<typeof startProxy>>;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    proxy = running.use(await startProxy());
  });
  after(() => running.disposeAsync());

  test('T9 the proxy carries the tunnel, and sees a host name and ciphertext', async () => {
    const file = await hub.joinFile('alpha');
    await using agent = startAgent(file, stub.endpoint, { proxy: { httpsProxy: proxy.url } });
    await eventually(() => agent.connected() === 1);
    await eventually(async () => (await hub.call('/k8s/clusters/alpha/api', { token: hub.adminToken })).status === 200);
    assert.deepEqual([...new Set(proxy.asked)], [`127.0.0.1:${hub.port}`]);
    const [, id = ''] = file.joinToken.split('_');
    for (const secret of [id, 'drover', file.cluster.uid]) assert.equal(proxy.seen().includes(secret), false, secret);
  });

  test('NO_PROXY is asked for each address: one gateway by the proxy, another straight', async () => {
    await using second = await startHopGateway(hub, 'straight');
    const file = await hub.joinFile('beta');
    // The same address by its name, so that NO_PROXY can tell the two apart.
    const straight = second.url.replace('127.0.0.1', 'localhost');
    const asked = proxy.asked.length;
    await using agent = startAgent({ ...file, hub: { ...file.hub, tunnelUrls: [straight, hub.url] } }, stub.endpoint, {
      key: newKey(),
      proxy: { httpsProxy: proxy.url, noProxy: 'localhost' },
    });
    await eventually(() => agent.connected() === 2);
    assert.deepEqual([...new Set(proxy.asked.slice(asked))], [`127.0.0.1:${hub.port}`]);
  });
});
