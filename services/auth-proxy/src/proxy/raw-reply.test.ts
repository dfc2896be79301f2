import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { lingerMs, RawReply } from './raw-reply.ts';

test('T22 a session that the cluster has ended is over for a caller who never closes his side', async t => {
  await using server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [socket] = await accepted;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed = once(socket, 'close');
  const reply = new RawReply(socket);
  reply.head(101, ['upgrade', 'SPDY/3.1']);
  reply.data(Buffer.from('the last words'));
  client.write('what nobody reads any more');
  reply.end();
  let text = '';
  for await (const chunk of client) text += chunk;
  assert.match(text, /^HTTP\/1\.1 101 .*the last words$/s);
  assert.equal(socket.destroyed, false);
  t.mock.timers.tick(lingerMs);
  await closed;
  client.destroy();
});

test('T24 a caller who reads slowly gets the whole answer, however long he takes', async t => {
  await using server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [socket] = await accepted;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const reply = new RawReply(socket);
  reply.head(101, ['upgrade', 'SPDY/3.1']);
  const bytes = 32 * 1024 * 1024; // more than the kernel takes
  reply.data(Buffer.alloc(bytes));
  reply.end();
  t.mock.timers.tick(lingerMs);
  let read = 0;
  for await (const chunk of client) read += chunk.length;
  assert.ok(read > bytes);
  client.destroy();
});

test('a caller who closes his side is not waited for', async () => {
  await using server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [socket] = await accepted;
  const closed = once(socket, 'close');
  const reply = new RawReply(socket);
  reply.head(400, []);
  reply.end();
  client.resume();
  await closed;
});
