import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { DroverError } from '@drover/errors';
import { openFrontDoor, refuse } from './front-door.ts';

/** A certificate that nobody checks here. */
async function certificate(): Promise<{ cert: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-door-'));
  try {
    const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'crt')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await promisify(execFile)('openssl', ['req', '-x509', ...key, '-subj', '/CN=door', '-days', '2', ...files]);
    return { cert: await readFile(join(folder, 'crt'), 'utf8'), key: await readFile(join(folder, 'key'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('one address has its share of connections, and another goes on', async () => {
  const door = await openFrontDoor({
    host: '127.0.0.1',
    port: 0,
    ...(await certificate()),
    maxConnectionsPerAddress: 2,
  });
  const dial = async (localAddress: string): Promise<TLSSocket | undefined> => {
    const raw = connectTcp({ host: '127.0.0.1', port: door.port, localAddress });
    raw.on('error', () => {}); // told by the connection above it
    const socket = connect({ socket: raw, rejectUnauthorized: false });
    const refused = new Promise<undefined>(resolve => socket.once('error', () => resolve(undefined)));
    return Promise.race([once(socket, 'secureConnect').then(() => socket), refused]);
  };
  const first = await dial('127.0.0.2');
  const second = await dial('127.0.0.2');
  assert.ok(first && second);
  assert.equal(await dial('127.0.0.2'), undefined);
  const other = await dial('127.0.0.3');
  assert.ok(other);
  first.destroy();
  let third: TLSSocket | undefined;
  while (third === undefined) third = await dial('127.0.0.2'); // as soon as the door has heard of the end of the first
  for (const socket of [second, other, third]) socket.destroy();
  await door.close(0);
});

test('the answer to a refused upload reaches an HTTP/2 client, its stream ends, and the next upload has the whole window', async () => {
  const door = await openFrontDoor({ host: '127.0.0.1', port: 0, ...(await certificate()) });
  const body = '{"kind":"Status"}';
  door.mount('/stream', {
    request: () => {},
    stream: stream => {
      stream.respond({ ':status': 413 });
      stream.end(body);
    },
  });
  door.mount('/read', {
    request: (request, response) => {
      request.resume();
      request.once('end', () => response.end(body));
    },
  });
  door.mount('/', { request: (_request, response) => refuse(response, new DroverError('too-large')) });
  const client = connectHttp2(`https://127.0.0.1:${door.port}`, { rejectUnauthorized: false });
  const upload = async (path: string): Promise<string> => {
    const stream = client.request({ ':method': 'POST', ':path': path });
    const closed = once(stream, 'close');
    let answer = '';
    stream.on('data', chunk => {
      answer += chunk;
    });
    let left = 3_200_000;
    const send = (): void => {
      while (left > 0) {
        left -= 64_000;
        if (!stream.write(Buffer.alloc(64_000))) return void stream.once('drain', send);
      }
      stream.end();
    };
    send();
    await closed;
    return answer;
  };
  // Together they would fill the connection's window several times over.
  for (let round = 0; round < 8; round++) {
    assert.match(await upload(round % 2 === 0 ? '/stream' : '/compat'), /"kind":"Status"/);
  }
  assert.equal(await upload('/read'), body);
  client.destroy();
  await door.close(0);
});
