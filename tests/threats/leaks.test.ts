import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import { connectStub } from './agent.ts';
import { openHttp2 } from './http2-client.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { liveTimers } from './live-timers.ts';
import { openRaw, upgradeHead } from './raw-connection.ts';
import { type Replica, startReplica } from './replica.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

const api = '/k8s/clusters/alpha/api/v1';
const cancelled = 1_000;
/** As many at a time as one HTTP/2 connection may carry. */
const batch = 100;

describe('requests that nobody waits for', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;
  let replica: Replica;
  let sockets: number;
  let timers: number;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    replica = running.use(await startReplica(hub));
    running.use(await connectStub(hub, 'alpha', stub.endpoint, { tunnelUrl: replica.url, door: replica.url }));
  });
  after(() => running.disposeAsync());
  beforeEach(async () => {
    stub.serve((_request, response) => response.end('{}'));
    await idle();
    sockets = openSockets();
    timers = liveTimers();
  });

  const openSockets = (): number => process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length;
  const idle = async (): Promise<void> => {
    await hub.call(`${api}/pods`, { token: hub.adminToken, door: replica.url });
    await nothingInFlight();
  };
  const nothingInFlight = (): Promise<boolean> =>
    eventually(() => {
      assert.equal(replica.inFlight(), 0, 'exchanges in flight');
      assert.equal(replica.openStreams(), 0, 'open streams');
      return true;
    });
  /** Nothing of the requests is left: no exchange, no stream, no connection of either side, no timer. */
  const nothingLeft = async (): Promise<void> => {
    await nothingInFlight();
    await eventually(() => {
      assert.ok(stub.connections.size <= 1, `${stub.connections.size} connections to the kube-apiserver`);
      assert.ok(openSockets() <= sockets, `${openSockets()} sockets, and ${sockets} before`);
      // Each test ends in this poll, whose own timer is one more.
      assert.ok(liveTimers() <= timers + 1, `${liveTimers()} timers, and ${timers} before`);
      return true;
    });
    stub.serve((_request, response) => response.end('{}'));
    const { status } = await hub.call(`${api}/pods`, { token: hub.adminToken, door: replica.url });
    assert.equal(status, 200);
  };
  const never = (): void =>
    stub.serve((request, response) => {
      request.resume();
      response.flushHeaders();
    });

  test('T22 a thousand cancelled requests over HTTP/2 leave nothing', async () => {
    for (const answered of [false, true]) {
      stub.serve((_request, response) => (answered ? void response.writeHead(200).write('{') : undefined));
      const { session, stream: first } = openHttp2(hub, {
        path: `${api}/pods?watch=1`,
        token: hub.adminToken,
        door: replica.url,
      });
      first.on('error', () => {});
      for (let done = 0; done < cancelled / 2; done += batch) {
        const before = stub.seen.length;
        const streams = Array.from({ length: batch }, (_, at) =>
          session
            .request({
              ':path': `${api}/pods?watch=${at % 2}`,
              authorization: `Bearer ${hub.adminToken}`,
            })
            .on('error', () => {}),
        );
        await eventually(() => stub.seen.length >= before + batch);
        for (const [at, stream] of streams.entries()) {
          if (at % 2 === 0) stream.close(8);
          else stream.destroy();
        }
        await eventually(() => streams.every(stream => stream.closed) && replica.inFlight() <= 1);
      }
      session.destroy();
    }
    await nothingLeft();
  });

  test('T22 cancelled requests over HTTP/1.1 leave nothing', async () => {
    stub.serve(() => {});
    for (let done = 0; done < 200; done += batch) {
      const before = stub.seen.length;
      const abort = new AbortController();
      const calls = Array.from({ length: batch }, () =>
        hub.call(`${api}/pods`, { token: hub.adminToken, door: replica.url, signal: abort.signal }).catch(() => {}),
      );
      await eventually(() => stub.seen.length >= before + batch);
      abort.abort();
      await Promise.all(calls);
    }
    await nothingLeft();
  });

  test('T22 requests that are cancelled before they are sent leave nothing', async () => {
    for (let done = 0; done < 50; done++) {
      const { session, stream } = openHttp2(hub, { path: `${api}/pods`, token: hub.adminToken, door: replica.url });
      stream.on('error', () => {});
      await new Promise(resolve => session.once('connect', resolve));
      stream.close(8);
      session.destroy();
    }
    await nothingLeft();
  });

  test('T22 half-open connections leave nothing: the client’s end of one that switched reaches the cluster', async () => {
    let ended = 0;
    stub.switch((request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
      );
      socket.on('data', () => {});
      socket.on('end', () => {
        ended++;
        socket.end();
      });
    });
    const shells = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const shell = await openRaw(hub, replica.url);
        shell.write(upgradeHead(`${api}/namespaces/a/pods/p/exec`, hub.adminToken));
        await shell.until(/^HTTP\/1\.1 101 /);
        return shell;
      }),
    );
    for (const shell of shells) shell.socket.end('bye');
    await eventually(() => ended === shells.length);
    await eventually(() => shells.every(shell => shell.closed()));
    await nothingLeft();
  });

  test('T22 shells that are dropped at every moment leave nothing', async () => {
    const moments = ['before the 101', 'after the 101', 'while bytes flow'] as const;
    for (const moment of moments) {
      stub.switch((request, socket) => {
        if (moment === 'before the 101') return void socket.on('data', () => {});
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
        );
        socket.pipe(socket);
      });
      const before = stub.seen.length;
      const shells = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const shell = await openRaw(hub, replica.url);
          shell.write(upgradeHead(`${api}/namespaces/a/pods/p/exec`, hub.adminToken));
          if (moment !== 'before the 101') await shell.until(/^HTTP\/1\.1 101 /);
          if (moment === 'while bytes flow') shell.write('x'.repeat(300_000));
          return shell;
        }),
      );
      await eventually(() => stub.seen.length === before + shells.length);
      for (const shell of shells) shell.socket.destroy();
    }
    await nothingLeft();
  });

  test('T22 connections without a request leave nothing', async () => {
    const idleOnes = await Promise.all(Array.from({ length: 50 }, () => openRaw(hub, replica.url)));
    for (const [at, one] of idleOnes.entries()) {
      if (at % 2 === 0) one.write(`GET ${api}/pods HTTP/1.1\r\nhost: a\r\n`);
      one.socket.destroy();
    }
    await nothingLeft();
  });

  const uploads: Record<string, (shell: Awaited<ReturnType<typeof openRaw>>) => void> = {
    'with a length': one =>
      one.write(
        `POST ${api}/pods HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${hub.adminToken}\r\ncontent-length: 1000000\r\n\r\n{"kind":`,
      ),
    'in chunks': one =>
      one.write(
        `POST ${api}/pods HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${hub.adminToken}\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{"kind":\r\n`,
      ),
  };
  for (const [what, begin] of Object.entries(uploads)) {
    test(`T22 uploads ${what} that are aborted leave nothing, and never look complete to the cluster`, async () => {
      never();
      const before = stub.seen.length;
      const clients = await Promise.all(Array.from({ length: 20 }, () => openRaw(hub, replica.url)));
      for (const client of clients) begin(client);
      await eventually(() => stub.seen.slice(before).filter(({ body }) => body.bytes === 8).length === clients.length);
      for (const [at, client] of clients.entries()) {
        if (at % 2 === 0) client.socket.destroy();
        else client.socket.end();
      }
      await nothingLeft();
      assert.deepEqual(
        stub.seen.slice(before, before + clients.length).filter(({ body }) => body.complete),
        [],
      );
    });
  }

  test('T22 uploads over HTTP/2 that are aborted leave nothing, and never look complete to the cluster', async () => {
    never();
    const before = stub.seen.length;
    const uploads = Array.from({ length: 20 }, (_, at) => {
      const headers = { 'content-type': 'application/json', ...(at % 2 === 0 ? { 'content-length': 1_000_000 } : {}) };
      const call = { method: 'POST', path: `${api}/pods`, token: hub.adminToken, door: replica.url, headers };
      const { session, stream } = openHttp2(hub, call, false);
      stream.on('error', () => {});
      stream.write('{"kind":');
      return { session, stream };
    });
    await eventually(() => stub.seen.slice(before).filter(({ body }) => body.bytes === 8).length === uploads.length);
    for (const [at, { session, stream }] of uploads.entries()) {
      // Not `close`, by which node would send the end of the body before the reset.
      if (at % 4 < 2) stream.destroy(new Error('given up'));
      else session.destroy();
    }
    await eventually(() => uploads.every(({ stream }) => stream.closed));
    for (const { session } of uploads) session.destroy();
    await nothingLeft();
    assert.deepEqual(
      stub.seen.slice(before, before + uploads.length).filter(({ body }) => body.complete),
      [],
    );
  });

  test('T22 an answer before the end of an upload leaves nothing', async () => {
    stub.serve((_request, response) => response.writeHead(413, { connection: 'close' }).end('{}'));
    for (let done = 0; done < 10; done++) {
      using client = await openRaw(hub, replica.url);
      client.write(
        `POST ${api}/pods HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${hub.adminToken}\r\ncontent-length: 10000000\r\n\r\n${'x'.repeat(100_000)}`,
      );
      await client.until(/^HTTP\/1\.1 413 /);
    }
    await nothingLeft();
  });

  test('T22 each of them has left one audit record', async () => {
    const { json } = await hub.call('/apis/drover.dev/v1/clusters/alpha', { token: hub.adminToken });
    assert.ok(json);
    const mark = `mark-${process.pid}`;
    stub.serve(() => {});
    const { session, stream } = openHttp2(hub, {
      path: `${api}/pods?${mark}`,
      token: hub.adminToken,
      door: replica.url,
    });
    stream.on('error', () => {});
    await eventually(() => stub.seen.at(-1)?.target.includes(mark));
    stream.close(8);
    const records = await eventually(async () => {
      const found = (await hub.audit()).filter(({ path }) => path.includes(mark));
      return found.length > 0 ? found : undefined;
    });
    session.destroy();
    assert.equal(records.length, 1);
    assert.match(records[0]?.error ?? '', /went away/);
  });
});
