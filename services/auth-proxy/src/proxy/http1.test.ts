import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Http1Reply } from './http1.ts';

/** What a client gets of the answer that `answer` gives. */
async function answered(answer: (reply: Http1Reply) => void): Promise<{ response: IncomingMessage; body: string }> {
  const server = createServer((_request, response) => answer(new Http1Reply(response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return { response, body: Buffer.concat(chunks).toString() };
  } finally {
    server.close();
  }
}

test('the last bytes end the answer, and the end that follows says nothing more', async () => {
  const { response, body } = await answered(reply => {
    reply.head(201, ['content-length', '4', 'x-a', '1']);
    reply.data(Buffer.from('ab'), false);
    reply.data(Buffer.from('cd'), true);
    reply.end();
  });
  assert.equal(response.statusCode, 201);
  assert.equal(response.headers['x-a'], '1');
  assert.equal(body, 'abcd');
});

test('an answer without a length is whole too', async () => {
  const { response, body } = await answered(reply => {
    reply.head(200, ['content-type', 'text/plain']);
    reply.data(Buffer.from('ab'), true);
    reply.end();
  });
  assert.equal(response.headers['transfer-encoding'], 'chunked');
  assert.equal(body, 'ab');
});

test('an answer without bytes ends by its end', async () => {
  const { response, body } = await answered(reply => {
    reply.head(204, []);
    reply.end();
  });
  assert.equal(response.statusCode, 204);
  assert.equal(body, '');
});
