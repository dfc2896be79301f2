import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import { connectStub } from './agent.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { openRaw, upgradeHead } from './raw-connection.ts';
import { type StubCluster, startStubCluster, switched } from './stub-cluster.ts';

/** Less than the sockets between keep on the way, so that the kube-apiserver is done long before its caller. */
const copyBytes = 3 * 1024 * 1024;

// kubectl pings while it copies. TCP answers bytes for a socket that is closed by a reset, and a reset throws away what
// is still on its way: then the last of a copy is missing ("unexpected EOF").
describe('a session that the kube-apiserver has closed while its caller still reads', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    running.use(await connectStub(hub, 'alpha', stub.endpoint));
  });
  after(() => running.disposeAsync());

  test('T24 brings its last bytes, whatever the caller sends meanwhile', async () => {
    let session: Duplex | undefined;
    stub.switch((_request, socket) => {
      session = socket.resume();
      socket.write(switched());
      socket.end(Buffer.alloc(copyBytes), () => socket.destroy());
    });
    using client = await openRaw(hub, hub.url);
    let read = 0;
    client.socket.removeAllListeners('data').pause();
    client.write(upgradeHead('/k8s/clusters/alpha/api/v1/namespaces/a/pods/p/exec', hub.adminToken));
    await eventually(() => session?.closed);
    for (let pings = 0; pings < 2; pings++) {
      client.write('ping');
      // What goes the same way after it has come back: it is where it goes to.
      assert.equal((await hub.call('/k8s/clusters/alpha/api', { token: hub.adminToken })).status, 200);
    }
    client.socket.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    client.socket.resume();
    await eventually(client.closed);
    assert.ok(read > copyBytes, `${read} bytes of ${copyBytes} and the head`);
  });
});
