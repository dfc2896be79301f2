import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '@drover/testing';
import type { TunnelStream } from '@drover/tunnel';
import { startHostileAgent } from './hostile-agent.ts';
import { callHttp2 } from './http2-client.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { openRaw } from './raw-connection.ts';

const path = '/k8s/clusters/evil/api';
const injected = 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nINJECTED';

/** Answers that are not what their heads say: the length that is named, the bytes that come, the method. */
const answers: Readonly<
  Record<string, { readonly method?: string; readonly headers: string[]; readonly body: string }>
> = {
  'longer than its length': { headers: ['content-length', '2'], body: `{}${injected}` },
  'of no length, with a body': { headers: ['content-length', '0'], body: injected },
  'to HEAD, with a body': { method: 'HEAD', headers: ['content-length', '8'], body: injected },
  'shorter than its length': { headers: ['content-length', '90'], body: '{}' },
  'of two lengths': { headers: ['content-length', '2', 'content-length', '3'], body: `{}${injected}` },
  'of a length that is no number': { headers: ['content-length', '2, 2'], body: `{}${injected}` },
  'of no length in another case, with a body': { headers: ['Content-Length', '0'], body: injected },
  'of two framings': {
    headers: ['content-length', String(5 + injected.length), 'Transfer-Encoding', 'chunked'],
    body: `0\r\n\r\n${injected}`,
  },
  'with a header of two lines': { headers: ['x', `y\r\ncontent-length: 0\r\n\r\n${injected}`], body: '' },
  'with a name that is none': { headers: [`x: y`, 'z'], body: '' },
};

describe('an agent that answers as none should', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let answer: (stream: TunnelStream) => void = () => {};

  before(async () => {
    hub = running.use(await startTestHub());
    const agent = running.use(startHostileAgent(await hub.joinFile('evil'), stream => answer(stream)));
    await eventually(() => agent.ready());
  });
  after(() => running.disposeAsync());

  for (const [what, { method = 'GET', headers, body }] of Object.entries(answers)) {
    const answering = (stream: TunnelStream): void => {
      stream.respond({ status: 200, headers });
      if (body !== '') stream.write(Buffer.from(body, 'latin1'));
      stream.end();
    };

    for (const [way, more] of Object.entries({
      'the quick way': '',
      'node:http': 'content-type: a/b\r\nte: trailers\r\n',
    })) {
      test(`T7 T16 an answer ${what} answers no other request of an HTTP/1.1 connection (${way})`, async () => {
        answer = answering;
        using client = await openRaw(hub, hub.url);
        const head = (target: string, verb: string) =>
          `${verb} ${target} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${hub.adminToken}\r\n${more}\r\n`;
        client.write(head(path, method));
        client.write(head('/version', 'GET'));
        // Either the connection ends, or the second answer is the hub's own.
        await eventually(() => client.closed() || client.received().includes('gitVersion'));
        const [first = '', ...rest] = client.received().split(/(?=HTTP\/1\.1 \d)/);
        // Bytes that are the first answer's own, within its length, are what its cluster may say.
        const own = /content-length: (\d+)\r\n/i.exec(first)?.[1];
        if (what === 'of two framings') {
          assert.doesNotMatch(first, /transfer-encoding/i);
          assert.equal(own, String(5 + injected.length));
        } else assert.doesNotMatch(first + rest.join(''), /INJECTED/);
      });
    }

    test(`T24 an answer ${what} is broken, or refused, for an HTTP/2 client`, async () => {
      answer = answering;
      const found = await callHttp2(hub, { path, token: hub.adminToken, method }).catch(error => error);
      if (found instanceof Error) return;
      if (what === 'of two framings') return assert.equal(found.headers['transfer-encoding'], undefined);
      assert.ok(found.status >= 500 || method === 'HEAD', `${found.status} ${found.text}`);
      assert.doesNotMatch(found.text, /INJECTED/);
    });
  }

  test('T15 a redirect to another host is refused, however its header is written', async () => {
    answer = stream => {
      stream.respond({ status: 302, headers: ['Location', 'https://evil.example/', 'content-length', '0'] });
      stream.end();
    };
    const { status, headers } = await callHttp2(hub, { path, token: hub.adminToken });
    assert.equal(status, 502);
    assert.equal(headers['location'], undefined);
  });

  test('T7 a cluster sets nothing that browsers keep for the hub’s whole origin', async () => {
    answer = stream => {
      stream.respond({
        status: 200,
        headers: ['Set-Cookie', 'a=b', 'alt-svc', 'h3=":1"', 'Strict-Transport-Security', '0', 'x-kept', 'c'],
      });
      stream.end();
    };
    const { headers } = await callHttp2(hub, { path, token: hub.adminToken });
    assert.equal(headers['x-kept'], 'c');
    for (const name of ['set-cookie', 'alt-svc', 'strict-transport-security']) assert.equal(headers[name], undefined);
  });
});
