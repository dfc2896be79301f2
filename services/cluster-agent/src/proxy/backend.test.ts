import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { ClientConnection } from '@drover/http1';
import { Backend, backendLimits } from './backend.ts';

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

/** A server that answers each request, and keeps its connections. */
async function startServer(): Promise<Server> {
  const server = createServer(socket => {
    socket.on('data', () => socket.write(answer));
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Sends a request over a connection; resolves when its answer is whole. */
const ask = (connection: ClientConnection): Promise<void> =>
  new Promise((resolve, reject) => {
    const user = {
      onAnswerHead: () => {},
      onAnswerBody: () => {},
      onAnswerEnd: resolve,
      onConnectionLost: reject,
      onWritable: () => {},
    };
    connection.begin(user, 'GET', 'GET /api HTTP/1.1\r\nhost: kube\r\n\r\n', true);
  });

test('a kept connection that the kube-apiserver has ended is gone before it is closed', async () => {
  await using server = await startServer();
  const socket = connect(portOf(server), '127.0.0.1');
  const accepted = once(server, 'connection');
  const gone: ClientConnection[] = [];
  const connection: ClientConnection = new ClientConnection(
    socket,
    { onFree: () => {}, onGone: one => gone.push(one) },
    backendLimits.maxAnswerHeaderBytes,
  );
  await ask(connection);
  const goneAtEnd = new Promise<number>(resolve => socket.once('end', () => resolve(gone.length)));
  const closed = once(socket, 'close');
  (await accepted)[0].end();
  assert.equal(await goneAtEnd, 1);
  await closed;
  assert.deepEqual(gone, [connection]);
});

test('connections that are kept are dropped when a request was given up after a silence, and only then', async () => {
  await using server = await startServer();
  const clock = new ManualClock();
  const port = portOf(server);
  const url = new URL(`http://127.0.0.1:${port}`);
  const backend = new Backend({
    endpoint: { url, host: '127.0.0.1', port, basePath: '', tls: { rejectUnauthorized: true } },
    token: { current: () => 't', refused: () => {} },
    clock,
  });
  const accepted = once(server, 'connection');
  const kept = backend.take();
  await ask(kept);
  const [socket] = await accepted;
  const sentAtMs = clock.now();
  clock.advance(backendLimits.silentMs - 1);
  backend.gaveUp(sentAtMs);
  assert.equal(backend.take(), kept);
  await ask(kept);
  clock.advance(1);
  const closed = once(socket, 'close');
  backend.gaveUp(sentAtMs);
  await closed;
  const fresh = backend.take();
  assert.notEqual(fresh, kept);
  await ask(fresh);
  backend.close();
  assert.equal(clock.pending, 0);
});
