import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePlainRequest } from './plain-request.ts';

const parse = (text: string, from = 0) => parsePlainRequest(Buffer.from(text, 'latin1'), from, 1024);

test('a plain request is read, and what follows it is left', () => {
  const first = 'GET /a?b HTTP/1.1\r\nHost: h\r\nAccept:  x\r\n\r\n';
  assert.deepEqual(parse(`${first}GET /`), {
    method: 'GET',
    target: '/a?b',
    headers: ['host', 'h', 'accept', 'x'],
    bytes: first.length,
  });
  assert.equal(parse(`..${first}`, 2)?.bytes, first.length);
});

const plain = (line: string, ...fields: string[]): string => [line, 'Host: h', ...fields, '', ''].join('\r\n');

for (const [what, text] of Object.entries({
  'half a head': 'GET / HTTP/1.1\r\nHost: h\r\n',
  'a head over the limit': plain('GET / HTTP/1.1', `a: ${'b'.repeat(1024)}`),
  'a method with a body': plain('POST / HTTP/1.1'),
  'HTTP/1.0': plain('GET / HTTP/1.0'),
  'an absolute target': plain('GET http://h/ HTTP/1.1'),
  'a target with a space': plain('GET /a b HTTP/1.1'),
  'two spaces': plain('GET  / HTTP/1.1'),
  'no host': 'GET / HTTP/1.1\r\n\r\n',
  'two hosts': plain('GET / HTTP/1.1', 'Host: h'),
  'an empty host': 'GET / HTTP/1.1\r\nHost: \r\n\r\n',
  'a body': plain('GET / HTTP/1.1', 'Content-Length: 1'),
  'a chunked body': plain('GET / HTTP/1.1', 'Transfer-Encoding: chunked'),
  'an upgrade': plain('GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket'),
  'a close': plain('GET / HTTP/1.1', 'Connection: close'),
  'a nominated header': plain('GET / HTTP/1.1', 'Connection: keep-alive, authorization'),
  'an expectation': plain('GET / HTTP/1.1', 'Expect: 100-continue'),
  'a bare line feed': 'GET / HTTP/1.1\nHost: h\r\n\r\n',
  'a folded line': plain('GET / HTTP/1.1', 'a: b', ' c'),
  'an empty line first': `\r\n${plain('GET / HTTP/1.1')}`,
})) {
  test(`T16 ${what} is left to node:http`, () => assert.equal(parse(text), undefined));
}

/** What node:http makes of the bytes: method, target and headers of the first request, or undefined. */
async function nodes(bytes: Buffer): Promise<[string, string, string[]] | undefined> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  try {
    const seen = new Promise<[string, string, string[]] | undefined>(resolve => {
      server.once('request', request => resolve([request.method ?? '', request.url ?? '', request.rawHeaders]));
      server.once('clientError', () => resolve(undefined));
    });
    socket.end(bytes);
    return await seen;
  } finally {
    socket.destroy();
    server.close();
  }
}

test('T16 whatever is read as plain, node:http reads as the same request', async () => {
  const piece = fc.constantFrom(
    ...['GET', 'DELETE', ' ', '/', '/a', '?', ' HTTP/1.1', '\r\n', '\n', '\r', ':', 'Host', ': h', 'a', 'b: c', '\t'],
    ...['Host: h\r\n', 'GET / HTTP/1.1\r\n', 'content-length: 0', 'Connection: keep-alive', '\x80', '\0', ',', '%2e'],
  );
  const bytes = fc.array(piece, { maxLength: 14 }).map(pieces => Buffer.from(`${pieces.join('')}\r\n\r\n`, 'latin1'));
  const likely = fc
    .array(piece, { maxLength: 5 })
    .map(pieces => Buffer.from(`GET /x HTTP/1.1\r\nHost: h\r\n${pieces.join('')}\r\n\r\n`, 'latin1'));
  let read = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, likely), async input => {
      const request = parsePlainRequest(input, 0, 1024);
      if (request === undefined) return;
      read++;
      const found = await nodes(input);
      assert.ok(found, 'node:http refuses it');
      assert.deepEqual([found[0], found[1]], [request.method, request.target]);
      assert.deepEqual(
        found[2].map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text)),
        request.headers,
      );
    }),
    { numRuns: 2_000 },
  );
  assert.ok(read > 50, `only ${read} were plain`);
});
