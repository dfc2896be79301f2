import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RawAnswer, raw, statusCodes } from '@drover/testing';
import { connectStub } from './agent.ts';
import { callHttp2 } from './http2-client.ts';
import { startTestHub, type TestHub } from './hub.ts';
import { type StubCluster, startStubCluster } from './stub-cluster.ts';

/** A refusal comes at once; a server that waits for more of the request is told from it by this. */
const quietMs = 1_000;

describe('bytes that two servers could read differently', () => {
  const running = new AsyncDisposableStack();
  let hub: TestHub;
  let stub: StubCluster;

  before(async () => {
    hub = running.use(await startTestHub());
    stub = running.use(await startStubCluster({ ...hub.certificate, ca: hub.ca }));
    running.use(await connectStub(hub, 'alpha', stub.endpoint));
  });
  after(() => running.disposeAsync());

  const send = (parts: string[], answers = 1): Promise<RawAnswer> =>
    raw('127.0.0.1', hub.port, parts, {
      ca: hub.ca,
      quietMs,
      until: text => statusCodes(text).length >= answers && /\r\n\r\n.*}\s*$/s.test(text),
    });
  const head = (target: string, ...lines: string[]): string =>
    [
      `GET ${target} HTTP/1.1`,
      `host: 127.0.0.1:${hub.port}`,
      `authorization: Bearer ${hub.adminToken}`,
      ...lines,
      '',
      '',
    ].join('\r\n');
  const post = (...lines: string[]): string => head('/k8s/clusters/alpha/api', ...lines).replace('GET', 'POST');

  /** One error, or a closed connection; and the cluster has heard nothing of it. */
  const refused = async (...parts: string[]): Promise<void> => {
    const before = stub.seen.length;
    const answer = await send(parts);
    const codes = statusCodes(answer.text);
    assert.ok(codes.length <= 1, `more than one answer: ${answer.text}`);
    if (codes[0] === undefined) assert.notEqual(answer.outcome, 'quiet', 'neither an answer nor an end');
    else {
      assert.ok(codes[0] >= 400 && codes[0] < 500, answer.text);
      // node itself answers a request without a Host, with no body.
      assert.match(answer.text, /"kind":\s*"Status"|\r\nConnection: close\r\n/);
    }
    assert.deepEqual(stub.seen.slice(before), []);
  };

  test('a request in normal form passes, so that a refusal says something', async () => {
    const answer = await send([head('/k8s/clusters/alpha/api?labelSelector=a%2Fb')]);
    assert.deepEqual(statusCodes(answer.text), [200]);
    assert.equal(stub.seen.at(-1)?.target, '/api?labelSelector=a%2Fb');
  });

  const smuggled = 'GET /k8s/clusters/alpha/api/v1/secrets HTTP/1.1\r\nhost: a\r\n\r\n';
  const bodies: Record<string, () => string[]> = {
    'both Content-Length and Transfer-Encoding': () => [
      `${post('content-length: 4', 'transfer-encoding: chunked')}0\r\n\r\n${smuggled}`,
    ],
    'Transfer-Encoding and then Content-Length': () => [
      `${post('transfer-encoding: chunked', `content-length: ${smuggled.length + 5}`)}0\r\n\r\n${smuggled}`,
    ],
    'two Content-Lengths': () => [`${post('content-length: 0', `content-length: ${smuggled.length}`)}${smuggled}`],
    'a list of Content-Lengths': () => [`${post(`content-length: 0, ${smuggled.length}`)}${smuggled}`],
    'a negative Content-Length': () => [`${post('content-length: -1')}${smuggled}`],
    'a signed Content-Length': () => [`${post('content-length: +5')}hello`],
    'a Transfer-Encoding that is not chunked last': () => [
      `${post('transfer-encoding: chunked, identity')}${smuggled}`,
    ],
    'a Transfer-Encoding written oddly': () => [`${post('transfer-encoding: xchunked')}0\r\n\r\n${smuggled}`],
    'a space before the colon': () => [`${post('transfer-encoding : chunked')}0\r\n\r\n${smuggled}`],
  };
  for (const [what, parts] of Object.entries(bodies)) {
    test(`T16 ${what} is refused, and what follows is never a request`, () => refused(...parts()));
  }
  test('T16 a chunk size that is no number never becomes a complete body', async () => {
    const before = stub.seen.length;
    const { text, outcome } = await send([
      `${post('transfer-encoding: chunked')}0x5;\r\nhello\r\n0\r\n\r\n${smuggled}`,
    ]);
    assert.notEqual(outcome, 'quiet');
    assert.ok(
      statusCodes(text).every(code => code >= 400),
      text,
    );
    assert.ok(stub.seen.slice(before).every(({ target, body }) => target === '/api' && !body.complete));
  });

  const heads: Record<string, () => string> = {
    'bare line feeds': () => head('/k8s/clusters/alpha/api').replaceAll('\r\n', '\n'),
    'one bare line feed between headers': () => head('/k8s/clusters/alpha/api', 'x-a: b\nx-c: d'),
    'a bare carriage return': () => head('/k8s/clusters/alpha/api', 'x-a: b\rx-c: d'),
    'a folded header (obs-fold)': () => head('/k8s/clusters/alpha/api', 'x-a: b', ' impersonate-user: admin'),
    'a header folded with a tab': () => head('/k8s/clusters/alpha/api', 'x-a: b', '\timpersonate-user: admin'),
    'a second Host': () => head('/k8s/clusters/alpha/api', 'host: elsewhere'),
    'no Host': () => head('/k8s/clusters/alpha/api').replace(/host: .*\r\n/, ''),
    'a second Authorization': () => head('/k8s/clusters/alpha/api', 'authorization: Bearer x'),
    'NUL in a header': () => head('/k8s/clusters/alpha/api', 'x-a: b\0c'),
    'NUL in the target': () => head('/k8s/clusters/alpha/api\0'),
    'a header without a name': () => head('/k8s/clusters/alpha/api', ': a'),
    'a header of one megabyte': () => head('/k8s/clusters/alpha/api', `x-a: ${'a'.repeat(1024 * 1024)}`),
    'forty thousand headers': () => head('/k8s/clusters/alpha/api', ...new Array<string>(40_000).fill('a: b')),
    'HTTP/0.9': () => 'GET /k8s/clusters/alpha/api\r\n\r\n',
    'another version': () => head('/k8s/clusters/alpha/api').replace('HTTP/1.1', 'HTTP/3.7'),
    CONNECT: () => head('/k8s/clusters/alpha/api').replace('GET', 'CONNECT'),
    'CONNECT to another host': () => head('127.0.0.1:6443').replace('GET', 'CONNECT'),
  };
  for (const [what, request] of Object.entries(heads)) test(`T16 ${what} is refused`, () => refused(request()));

  const targets = [
    'https://127.0.0.1/k8s/clusters/alpha/api',
    'http://elsewhere/k8s/clusters/alpha/api',
    '*',
    '//k8s/clusters/alpha/api',
    '/k8s//clusters/alpha/api',
    '/k8s/clusters//alpha/api',
    '/k8s/clusters/alpha//api',
    '/k8s/clusters/alpha//elsewhere/api',
    '/k8s/clusters/alpha/../alpha/api',
    '/k8s/clusters/beta/../alpha/api',
    '/k8s/clusters/alpha/..',
    '/k8s/clusters/alpha/./api',
    '/k8s/clusters/alpha/%2e%2e/api',
    '/k8s/clusters/alpha/.%2E/api',
    '/k8s/clusters/%2e%2e/alpha/api',
    '/k8s/clusters/alpha%2fapi',
    '/k8s/clusters/alpha%2f..%2falpha/api',
    '/k8s/clusters/%61lpha/api',
    '/k8s%2fclusters/alpha/api',
    '/k8s/clusters%2falpha/api',
    '/%6b8s/clusters/alpha/api',
    '/K8S/clusters/alpha/api',
    '/k8s/clusters/ALPHA/api',
    '/k8s/clusters/alpha;x=y/api',
    '/k8s/clusters/alpha\\api',
    '/k8s/clusters/alpha/%5c..%5capi',
    '/k8s/clusters/alpha/%00api',
    '/k8s/clusters/alpha/%0d%0aimpersonate-user:admin',
    '/k8s/clusters/alpha/api#fragment',
    '/k8s/clusters/alpha/api\u00e9',
    '/api/../k8s/clusters/alpha/api',
    '/healthz/../k8s/clusters/alpha/api',
  ];
  for (const target of targets) {
    test(`T16 the target ${target} reaches no cluster`, async () => {
      // Some of these are, plainly read, paths of the hub's own API, which has nothing there.
      await refused(head(target));
      if (!/^\/[!-~]*$/.test(target)) return;
      const before = stub.seen.length;
      const answer = await callHttp2(hub, { path: target, token: hub.adminToken });
      assert.ok(answer.status >= 400 && answer.status < 500, `HTTP/2: ${answer.status}`);
      assert.deepEqual(stub.seen.slice(before), []);
    });
  }

  test('T16 of two requests on one connection each is judged by itself', async () => {
    const before = stub.seen.length;
    const { text } = await send([head('/k8s/clusters/alpha//x') + head('/k8s/clusters/alpha/api')], 2);
    assert.deepEqual(statusCodes(text), [400, 200]);
    assert.deepEqual(
      stub.seen.slice(before).map(({ target }) => target),
      ['/api'],
    );
  });

  const fields: Record<string, Record<string, string>> = {
    'a header beyond the limit': { 'x-a': 'a'.repeat(40 * 1024) },
    'headers beyond the limit': Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`x-${at}`, 'a'.repeat(400)]),
    ),
  };
  for (const [what, headers] of Object.entries(fields)) {
    test(`T16 HTTP/2 with ${what} reaches no cluster`, async () => {
      const before = stub.seen.length;
      const { status } = await callHttp2(hub, { path: '/k8s/clusters/alpha/api', token: hub.adminToken, headers });
      assert.equal(status, 431);
      assert.deepEqual(stub.seen.slice(before), []);
    });
  }
});
