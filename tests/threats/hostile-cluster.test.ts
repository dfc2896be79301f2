import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import { connectStub } from './agent.ts';
import { callHttp2, openHttp2 } from './http2-client.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { openRaw, type RawConnection, upgradeHead } from './raw-connection.ts';
import { type Relay, startRelay } from './relay.ts';
import { type StubCluster, startStubCluster, switched } from './stub-cluster.ts';

const exec = '/k8s/clusters/alpha/api/v1/namespaces/default/pods/p/exec?command=sh&stdin=true';
const stolen = 'GET /api/v1/secrets HTTP/1.1\r\nhost: a\r\n\r\n';

describe('a kube-apiserver that answers as none should', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let elsewhere: StubCluster;
  let relay: Relay;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    elsewhere = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    relay = running.use(await startRelay(hub.port));
    running.use(await connectStub(hub, 'alpha', stub.endpoint));
    running.use(await connectStub(hub, 'beta', stub.endpoint, { tunnelUrl: `https://127.0.0.1:${relay.port}` }));
  });
  beforeEach(() => stub.serve((_request, response) => response.end('{}')));
  after(() => running.disposeAsync());

  const door = (): Promise<RawConnection> => openRaw(hub, hub.url);
  const nothingOpen = (): Promise<boolean> =>
    eventually(() => {
      // Idle connections of the agent's pool are HTTP connections; a raw one would have been switched or torn open.
      assert.equal(raw.size, 0, 'raw connections are left');
      return true;
    });
  /** Connections to the stub whose request asked to switch protocols, while they are open. */
  const raw = new Set<Duplex>();
  /** Answers a request to switch with `bytes`; gives everything that comes on the connection from then on. */
  const answerSwitch = (bytes: string): { late: () => string } => {
    let late = '';
    stub.switch((_request, socket, head) => {
      raw.add(socket);
      socket.once('close', () => raw.delete(socket));
      late += head.toString('latin1');
      socket.on('data', (chunk: Buffer) => {
        late += chunk.toString('latin1');
      });
      socket.write(bytes);
    });
    return { late: () => late };
  };

  const refusals: Record<string, string> = {
    'an error': 'HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno',
    'an error without a length':
      'HTTP/1.1 403 Forbidden\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
    'an error that names a protocol':
      'HTTP/1.1 400 Bad Request\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\ncontent-length: 2\r\n\r\nno',
    'a 200 that names a protocol':
      'HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\ncontent-length: 2\r\n\r\nno',
  };
  for (const [what, answer] of Object.entries(refusals)) {
    test(`T14 ${what} in the place of 101 leaves no raw connection to the cluster`, async () => {
      const backend = answerSwitch(answer);
      using client = await door();
      // The second request is on its way before the answer, as CVE-2018-1002105 had it.
      client.write(upgradeHead(exec, hub.adminToken) + stolen);
      await client.until(/^HTTP\/1\.1 (403|400|200) .*\r\n\r\n.*no/s);
      client.write(stolen);
      await eventually(client.closed);
      await nothingOpen();
      assert.equal(backend.late(), '', 'bytes reached the kube-apiserver');
      assert.equal(stub.seen.at(-1)?.target.startsWith('/api/v1/namespaces'), true);
    });
  }

  test('T14 bytes sent before the 101 wait for it', async () => {
    let late = '';
    let goOn: Duplex | undefined;
    stub.switch((_request, socket, head) => {
      late += head.toString('latin1');
      socket.on('data', (chunk: Buffer) => {
        late += chunk.toString('latin1');
      });
      goOn = socket;
    });
    using client = await door();
    client.write(`${upgradeHead(exec, hub.adminToken)}early`);
    const socket = await eventually(() => goOn);
    client.write('too');
    // A request that goes the same way there and back: what could pass the first has done so.
    assert.equal((await hub.call('/k8s/clusters/alpha/api', { token: hub.adminToken })).status, 200);
    assert.equal(late, '');
    socket.write(switched());
    await eventually(() => late === 'earlytoo');
    client.socket.destroy();
    await eventually(() => socket.destroyed);
  });

  test('T14 a 101 that nobody asked for is an error, and opens nothing', async () => {
    let late = '';
    const answered: Duplex[] = [];
    stub.serve(({ socket }) => {
      answered.push(socket);
      socket.on('data', (chunk: Buffer) => {
        late += chunk.toString('latin1');
      });
      socket.write(`${switched()}raw bytes`);
    });
    using client = await door();
    const get = `GET /k8s/clusters/alpha/api HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${hub.adminToken}\r\n\r\n`;
    client.write(get);
    await client.until(/^HTTP\/1\.1 50[0-9] .*"kind":"Status"/s);
    client.write(stolen);
    const http2 = await callHttp2(hub, { path: '/k8s/clusters/alpha/api', token: hub.adminToken });
    assert.ok(http2.status >= 500, String(http2.status));
    assert.doesNotMatch(client.received() + http2.text, /101|raw bytes/);
    await eventually(() => answered.every(socket => socket.destroyed));
    assert.equal(late, '');
  });

  test('T14 only the protocols of Kubernetes are asked for', async () => {
    const before = stub.seen.length;
    for (const protocol of ['h2c', 'TLS/1.3', 'websocket, h2c', 'connect-udp']) {
      using client = await door();
      client.write(upgradeHead(exec, hub.adminToken, { protocol }) + stolen);
      await eventually(client.closed);
      assert.match(client.received(), /^HTTP\/1\.1 400 /, protocol);
    }
    assert.equal(stub.seen.length, before);
  });

  const away = (): string[] => {
    const host = `127.0.0.1:${elsewhere.port}`;
    return [
      `https://${host}/api`,
      `http://${host}/api`,
      `//${host}/api`,
      `/\\${host}/api`,
      `\\\\${host}/api`,
      `https:\\\\${host}/api`,
      `https://127.0.0.1:${stub.port}@${host}/api`,
      `http://127.0.0.1:${stub.port}/api`,
      'javascript:alert(1)',
      'https://[',
    ];
  };
  for (const status of [301, 302, 303, 307, 308]) {
    test(`T15 a ${status} to another host is neither followed nor passed on`, async () => {
      for (const location of away()) {
        stub.serve((_request, response) => response.writeHead(status, { location }).end('moved'));
        answerSwitch(`HTTP/1.1 ${status} Moved\r\nlocation: ${location}\r\ncontent-length: 5\r\n\r\nmoved`);
        for (const answer of [
          await hub.call('/k8s/clusters/alpha/api', { token: hub.adminToken }),
          await callHttp2(hub, { path: '/k8s/clusters/alpha/api', token: hub.adminToken }),
        ]) {
          assert.equal(answer.status, 502, location);
          assert.equal(answer.headers['location'], undefined);
          assert.match(answer.text, /redirect to another host/);
        }
        using client = await door();
        client.write(upgradeHead(exec, hub.adminToken) + stolen);
        await eventually(client.closed);
        assert.match(client.received(), /^HTTP\/1\.1 502 /, location);
        assert.doesNotMatch(client.received(), /location:/i);
      }
      assert.equal(elsewhere.seen.length + elsewhere.connections.size, 0);
      await nothingOpen();
    });
  }

  test('T15 a redirect within the cluster is passed on below the cluster’s path, and not followed', async () => {
    for (const location of [`https://127.0.0.1:${stub.port}/apis?x=1`, '/apis?x=1', '../apis?x=1']) {
      stub.serve((_request, response) => response.writeHead(301, { location }).end());
      const before = stub.seen.length;
      const answer = await hub.call('/k8s/clusters/alpha/api/v1', { token: hub.adminToken });
      assert.equal(answer.status, 301);
      assert.equal(answer.headers['location'], '/k8s/clusters/alpha/apis?x=1');
      assert.equal(stub.seen.length, before + 1);
    }
  });

  test('T18 what a request says of hosts changes nothing of where it goes', async () => {
    const host = `127.0.0.1:${elsewhere.port}`;
    const headers = [
      ['host', host],
      ['x-forwarded-host', host],
      ['forwarded', `host=${host}`],
      ['x-original-url', `https://${host}/api`],
    ] as const;
    const before = stub.seen.length;
    assert.equal((await hub.call('/k8s/clusters/alpha/api', { token: hub.adminToken, headers })).status, 200);
    assert.equal(stub.seen.length, before + 1);
    assert.deepEqual(stub.seen.at(-1)?.headers['host'], [`127.0.0.1:${stub.port}`]);
    assert.equal(elsewhere.seen.length + elsewhere.connections.size, 0);
  });

  const cuts: Record<string, (cut: () => void) => void> = {
    'a length that does not come': cut =>
      stub.serve((_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"kind":"Li', cut);
      }),
    'no last chunk': cut =>
      stub.serve((_request, response) => {
        response.writeHead(200).write('{"kind":"Li', cut);
      }),
  };
  for (const [what, serve] of Object.entries(cuts)) {
    for (const by of ['kube-apiserver', 'tunnel'] as const) {
      const path = `/k8s/clusters/${by === 'tunnel' ? 'beta' : 'alpha'}/api`;
      /** Cuts when the caller has the beginning. */
      const cutting = (): (() => void) => {
        serve(() => {});
        if (by === 'tunnel') return () => relay.cut();
        return () => {
          for (const socket of stub.connections) socket.destroy();
        };
      };
      const ready = (): Promise<boolean> =>
        eventually(async () => (await hub.call(path, { token: hub.adminToken })).status === 200);

      test(`T24 an answer with ${what}, cut by the ${by}, is broken for an HTTP/1.1 client`, async () => {
        await ready();
        const cut = cutting();
        using client = await door();
        client.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${hub.adminToken}\r\n\r\n`);
        await client.until(/\{"kind":"Li/);
        cut();
        await eventually(client.closed);
        assert.doesNotMatch(client.received(), /\r\n0\r\n\r\n/);
        const [head = '', body = ''] = client.received().split('\r\n\r\n');
        if (/content-length: 100/i.test(head)) assert.ok(body.length < 100);
        else assert.match(head, /transfer-encoding: chunked/i);
      });

      test(`T24 an answer with ${what}, cut by the ${by}, is broken for an HTTP/2 client`, async () => {
        stub.serve((_request, response) => response.end('{}'));
        await ready();
        const cut = cutting();
        const { session, stream } = openHttp2(hub, { path, token: hub.adminToken });
        const closed = new Promise<number>(resolve => {
          stream.once('close', () => resolve(stream.rstCode ?? 0));
          stream.once('error', () => {});
        });
        stream.once('data', cut);
        assert.notEqual(await closed, 0);
        session.destroy();
      });
    }
  }
});
