import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Server, createServer as tcpServer } from 'node:net';
import { afterEach, test } from 'node:test';
import { ManualClock } from '@drover/async';
import type { DroverError } from '@drover/errors';
import { ConnectionPool } from '@drover/http1';
import type { PlainAnswer } from '@drover/service-kit';
import { PlainForward } from './plain-forward.ts';

const limits = {
  connectTimeoutMs: 5_000,
  idleConnectionMs: 60_000,
  idleCheckMs: 15_000,
  idleConnections: 4,
  keepAliveProbeMs: 30_000,
  maxAnswerHeaderBytes: 4096,
};

const running: (() => void)[] = [];
afterEach(() => {
  for (const stop of running.splice(0)) stop();
});

async function poolTo(server: Server): Promise<ConnectionPool> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const pool = new ConnectionPool({ dial: () => connect(port, '127.0.0.1'), limits, clock: new ManualClock() });
  running.push(() => {
    pool.close();
    server.close();
  });
  return pool;
}

const serve = (listener: RequestListener) => poolTo(createServer(listener));

interface Outcome {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  readonly end: 'whole' | 'cut' | string;
}

/** Sends a request and waits for the end of its answer. */
function forward(pool: ConnectionPool, method = 'GET', target = '/apis', headers: string[] = []): Promise<Outcome> {
  return new Promise(resolve => {
    const outcome = { status: 0, headers: [] as readonly string[], body: '', end: '' };
    const ended = (end: string): void => resolve({ ...outcome, end });
    const answer: PlainAnswer = {
      head: (status, fields) => Object.assign(outcome, { status, headers: fields }),
      data: chunk => {
        outcome.body += chunk.toString('utf8');
        return true;
      },
      framed: () => assert.fail('chunks are framed by the door'),
      end: () => ended('whole'),
      cut: () => ended('cut'),
      refuse: (error: DroverError) => ended(error.code),
    };
    new PlainForward(pool, { method, target, headers, sourceAddress: '' }, 'fleet-api', answer).start();
  });
}

test('a request and its answer pass, and the next one uses the same connection', async () => {
  const ports = new Set<number | undefined>();
  const pool = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.setHeader('x-target', `${request.method} ${request.url} ${request.headers.accept}`);
    response.end('body');
  });
  for (const target of ['/apis?a=1', '/apis/b']) {
    const { status, headers, body, end } = await forward(pool, 'GET', target, ['accept', 'x/y']);
    assert.deepEqual([status, body, end], [200, 'body', 'whole']);
    assert.equal(headers[headers.indexOf('x-target') + 1], `GET ${target} x/y`);
    assert.ok(!headers.includes('connection') && !headers.includes('keep-alive'));
  }
  assert.equal(ports.size, 1);
});

test('a kept connection that was closed as the request went out costs what reads a second try, and a change none', async () => {
  let connections = 0;
  const server = tcpServer(socket => {
    const number = ++connections;
    let requests = 0;
    socket.on('error', () => {});
    socket.on('data', () => {
      // The first connection is idle for too long after its first answer.
      if (number === 1 && ++requests === 2) socket.destroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
  const pool = await poolTo(server);
  assert.equal((await forward(pool)).body, 'ok');
  assert.equal((await forward(pool)).body, 'ok');
  assert.equal(connections, 2);
  connections = 0;
  pool.closeIdle();
  assert.equal((await forward(pool)).body, 'ok');
  assert.equal((await forward(pool, 'DELETE')).end, 'store-unavailable');
});

test('where fleet-api is not there the caller may try again', async () => {
  const server = tcpServer(socket => socket.destroy());
  const pool = await poolTo(server);
  assert.equal((await forward(pool)).end, 'store-unavailable');
});

test('T24 an answer that breaks off is cut for its caller too', async () => {
  const pool = await serve((_request, response) => {
    response.setHeader('content-length', 100);
    response.write('half', () => response.destroy());
  });
  const { body, end } = await forward(pool);
  assert.deepEqual([body, end], ['half', 'cut']);
});

test('T16 a header that could become another request does not leave', async () => {
  const pool = await serve(() => assert.fail('a request came'));
  assert.throws(
    () => {
      void new PlainForward(
        pool,
        { method: 'GET', target: '/', headers: ['a', 'b\r\n\r\nGET /x HTTP/1.1'], sourceAddress: '' },
        'fleet-api',
        {} as PlainAnswer,
      );
    },
    { code: 'bad-request' },
  );
});
