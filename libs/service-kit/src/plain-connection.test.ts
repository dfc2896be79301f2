import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { DroverError } from '@drover/errors';
import { type FrontDoor, openFrontDoor } from './front-door.ts';
import type { PlainListener } from './plain-connection.ts';
import type { PlainAnswer } from './plain-reply.ts';

let folder: string;
let door: FrontDoor;
let ca: string;
/** What was served, in order: `plain GET /x/1` or `node POST /x/2`. */
let served: string[] = [];
/** How the next plain requests are answered. */
let answer: (reply: PlainAnswer, target: string) => PlainListener | undefined = () => undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-plain-'));
  const [cert, key] = [join(folder, 'crt'), join(folder, 'key')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', cert]);
  ca = await readFile(cert, 'utf8');
  door = await openFrontDoor({ host: '127.0.0.1', port: 0, cert: ca, key: await readFile(key, 'utf8') });
  door.mount('/x', {
    plain: (request, reply) => {
      served.push(`plain ${request.method} ${request.target}`);
      return answer(reply, request.target);
    },
    request: (request, response) => {
      served.push(`node ${request.method} ${request.url}`);
      request.resume();
      response.setHeader('content-length', 2);
      response.end('ok');
    },
    upgrade: (request, socket) => {
      served.push(`upgrade ${request.url}`);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n');
    },
  });
});
after(async () => {
  await door.close(0);
  await rm(folder, { recursive: true });
});

interface Client {
  readonly socket: TLSSocket;
  /** Everything that has come. */
  text(): string;
  /** What has come since the last call, once it ends so. */
  until(end: string): Promise<string>;
}

async function dial(to = door): Promise<Client> {
  served = [];
  const socket = connect({ port: to.port, host: '127.0.0.1', ca, servername: 'localhost' });
  await once(socket, 'secureConnect');
  let seen = '';
  let from = 0;
  socket.on('data', chunk => {
    seen += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(() => assert.fail(`closed after ${JSON.stringify(seen)}`));
  closed.catch(() => {});
  const until = async (end: string): Promise<string> => {
    while (!seen.slice(from).endsWith(end)) await Promise.race([once(socket, 'data'), closed]);
    const found = seen.slice(from);
    from = seen.length;
    return found;
  };
  return { socket, text: () => seen, until };
}

const get = (target: string, ...fields: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: h', ...fields, '', ''].join('\r\n');
const say = (body: string) => (reply: PlainAnswer) => {
  reply.head(200, ['content-length', String(body.length)]);
  reply.data(Buffer.from(body));
  reply.end();
  return undefined;
};

test('plain requests follow each other on a connection', async () => {
  answer = say('hello');
  const client = await dial();
  for (const target of ['/x/1', '/x/2']) {
    client.socket.write(get(target));
    await client.until('hello');
  }
  assert.equal(client.text(), 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'.repeat(2));
  assert.deepEqual(served, ['plain GET /x/1', 'plain GET /x/2']);
  client.socket.destroy();
});

test('T16 what is sent ahead of an answer goes to node:http, in its order and whole', async () => {
  const asked = Promise.withResolvers<PlainAnswer>();
  answer = reply => {
    asked.resolve(reply);
    return undefined;
  };
  const client = await dial();
  const body = get('/x/smuggled');
  client.socket.write(`${get('/x/1')}POST /x/2 HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`);
  const reply = await asked.promise;
  client.socket.write(body); // readable at the door in the same turn in which the answer is given
  const until = performance.now() + 20;
  while (performance.now() < until);
  say('first')(reply);
  assert.match(await client.until('ok'), /first.*ok$/s);
  client.socket.write(get('/x/3'));
  await client.until('ok');
  assert.deepEqual(served, ['plain GET /x/1', 'node POST /x/2', 'node GET /x/3']);
  client.socket.destroy();
});

test('T22 a client that asks on and reads nothing is node:http’s, which waits for it', async () => {
  answer = say('x'.repeat(200_000));
  const client = await dial();
  client.socket.pause();
  for (let sent = 0; sent < 100 && served.at(-1)?.startsWith('node') !== true; sent++) {
    client.socket.write(get('/x/1'));
    const before = served.length;
    while (served.length === before && served.length < 60) await new Promise(setImmediate);
  }
  assert.match(served.at(-1) ?? '', /^node/);
  client.socket.destroy();
});

test('T22 who sends too much ahead of an answer is cut off, and his answerer hears of it', async () => {
  const gone = Promise.withResolvers<void>();
  answer = reply => {
    reply.head(200, []);
    return { gone: gone.resolve, drained: () => {} };
  };
  const client = await dial();
  client.socket.write(get('/x/watch'));
  await client.until('\r\n\r\n');
  client.socket.write(Buffer.alloc(300_000, 'a'));
  await gone.promise;
});

test('what is not plain goes to node:http with its connection, also in the middle of one', async () => {
  answer = say('hello');
  const client = await dial();
  client.socket.write(get('/x/1'));
  await client.until('hello');
  client.socket.write('POST /x/2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc');
  await client.until('ok');
  client.socket.write(get('/x/3'));
  await client.until('ok');
  assert.deepEqual(served, ['plain GET /x/1', 'node POST /x/2', 'node GET /x/3']);
  client.socket.destroy();
});

test('a head that comes in pieces, an upgrade and a request sent ahead of an answer go to node:http', async () => {
  answer = say('hello');
  const pieces = await dial();
  pieces.socket.write('GET /x/1 HT');
  pieces.socket.write('TP/1.1\r\nHost: h\r\n\r\n');
  await pieces.until('ok');
  pieces.socket.destroy();

  const upgraded = await dial();
  upgraded.socket.write(get('/x/1') + get('/x/2', 'Connection: Upgrade', 'Upgrade: x'));
  await once(upgraded.socket, 'close');
  assert.deepEqual(served, ['plain GET /x/1', 'upgrade /x/2']);
  assert.match(upgraded.text(), /hello.*101 Switching/s);
});

test('an answer without a length is chunked, one to HEAD has no body, a refusal is a Status', async () => {
  answer = (reply, target) => {
    if (target === '/x/refused') reply.refuse(new DroverError('forbidden', 'no'));
    else {
      reply.head(200, ['a', 'b']);
      if (target === '/x/body') for (const chunk of ['one', 'two']) reply.data(Buffer.from(chunk));
      reply.end();
    }
    return undefined;
  };
  const client = await dial();
  client.socket.write(get('/x/body'));
  assert.match(await client.until('0\r\n\r\n'), /transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
  client.socket.write('HEAD /x/head HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.match(await client.until('OK\r\na: b\r\n\r\n'), /OK\r\na: b\r\n\r\n$/);
  client.socket.write(get('/x/refused'));
  assert.match(await client.until('}'), /HTTP\/1\.1 403 .*"reason":"Forbidden"/s);
  client.socket.destroy();
});

test('T24 an answer that is cut ends the connection', async () => {
  answer = reply => {
    reply.head(200, ['content-length', '10']);
    reply.data(Buffer.from('half'));
    setImmediate(() => reply.cut());
    return undefined;
  };
  const client = await dial();
  client.socket.write(get('/x/1'));
  await once(client.socket, 'close');
  assert.ok(!client.text().includes('half') || client.text().endsWith('half'));
});

test('T22 a client that goes, or ends its side, is told to who answers it', async () => {
  for (const leave of ['destroy', 'end'] as const) {
    const gone = Promise.withResolvers<void>();
    answer = reply => {
      reply.head(200, []);
      return { gone: gone.resolve, drained: () => {} };
    };
    const client = await dial();
    client.socket.write(get('/x/1'));
    await client.until('\r\n\r\n');
    client.socket[leave]();
    await gone.promise;
  }
});

test('a client that does not read is waited for', async () => {
  const drained = Promise.withResolvers<void>();
  answer = reply => {
    reply.head(200, []);
    while (reply.data(Buffer.alloc(64 * 1024)));
    return { gone: () => {}, drained: drained.resolve };
  };
  const client = await dial();
  client.socket.pause();
  client.socket.write(get('/x/1'));
  while (served.length === 0) await new Promise(setImmediate);
  client.socket.resume();
  await drained.promise;
  client.socket.destroy();
});

test('closing ends idle connections at once and lets an answer end', async () => {
  const own = await openFrontDoor({
    host: '127.0.0.1',
    port: 0,
    cert: ca,
    key: await readFile(join(folder, 'key'), 'utf8'),
  });
  const asked = Promise.withResolvers<PlainAnswer>();
  let requests = 0;
  own.mount('/', {
    plain: (_, reply) => {
      requests++;
      asked.resolve(reply);
      return undefined;
    },
    request: () => {},
  });
  const [idle, busy] = [await dial(own), await dial(own)];
  const crossing = (await dial(own)).socket;
  busy.socket.write(get('/'));
  const reply = await asked.promise;
  const closed = own.close(60_000);
  // A request that crosses the end is not carried out: its client may repeat it elsewhere.
  crossing.write(get('/'));
  await once(idle.socket, 'close');
  say('whole')(reply);
  await busy.until('whole');
  crossing.destroy();
  await closed;
  assert.equal(requests, 1);
});
