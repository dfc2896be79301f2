import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@drover/async';
import type { ClientConnection } from '@drover/http1';
import type { TunnelStream } from '@drover/tunnel';
import type { Backend } from './backend.ts';
import { Exchange } from './exchange.ts';

/** What an exchange sends to the kube-apiserver for a request that the hub describes so. */
function sent(headers: string[], body: string): string {
  let text = '';
  const connection = {
    begin: (_user: unknown, _method: string, head: string) => {
      text += head;
    },
    write: (chunk: Buffer | string) => {
      text += chunk.toString();
      return true;
    },
    finish: () => {},
    destroy: () => {},
  } as Partial<ClientConnection> as ClientConnection;
  const stream = { grant: () => {} } as Partial<TunnelStream> as TunnelStream;
  const backend = {
    endpoint: {
      url: new URL('https://kube'),
      host: 'kube',
      port: 443,
      basePath: '',
      tls: { rejectUnauthorized: true },
    },
    token: { current: () => 't', refused: () => {} },
    take: () => connection,
    clock: systemClock,
  } as Partial<Backend> as Backend;
  const exchange = new Exchange(stream, { method: 'POST', target: '/api', headers }, true, backend);
  exchange.start({ headers: [], expiresAtMs: Number.POSITIVE_INFINITY });
  exchange.onData(Buffer.from(body));
  exchange.onEnd();
  return text;
}

test('T16 a body is framed by the headers that are sent, whatever the hub says of others', () => {
  const nominated = sent(['connection', 'content-length', 'content-length', '5'], 'hello');
  assert.doesNotMatch(nominated, /content-length/i);
  assert.match(nominated, /transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
  const capitals = sent(['Content-Length', '5'], 'hello');
  assert.match(capitals, /content-length: 5\r\n/);
  assert.match(capitals, /\r\n\r\nhello$/);
});
