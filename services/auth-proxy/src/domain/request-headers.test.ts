import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeHeaders } from './request-headers.ts';

test('T1 every header that says who asks is taken out, in any case', () => {
  const taken = takeHeaders([
    ...[
      'Accept',
      'application/json',
      'AUTHORIZATION',
      'Bearer x',
      'impersonate-user',
      'root',
      'Impersonate-Group',
      'system:masters',
    ],
    ...[
      'IMPERSONATE-UID',
      '1',
      'Impersonate-Extra-Scopes',
      'all',
      'X-Remote-User',
      'root',
      'x-remote-group',
      'system:masters',
    ],
    ...['X-Remote-Extra-A', 'b', 'Cookie', 'a=b', 'Drover-Identity', 'forged', 'Proxy-Authorization', 'Basic x'],
  ]);
  assert.deepEqual(taken.passed, ['accept', 'application/json']);
  assert.equal(taken.authorization, 'Bearer x');
  assert.deepEqual(
    taken.impersonation?.map(([name]) => name),
    ['impersonate-user', 'impersonate-group', 'impersonate-uid', 'impersonate-extra-scopes'],
  );
});

test('T3 headers that Connection names are dropped, and it cannot take Upgrade away', () => {
  const taken = takeHeaders(
    ['Connection', 'Upgrade, X-Mine, impersonate-user', 'X-Mine', '1', 'Upgrade', 'SPDY/3.1', 'X-Other', '2'],
    true,
  );
  assert.deepEqual(taken.passed, ['upgrade', 'SPDY/3.1', 'x-other', '2']);
  assert.equal(taken.impersonation, undefined);
});

test('hop-by-hop headers stay on their connection; Upgrade too, where the request does not switch', () => {
  const taken = takeHeaders([
    'TE',
    'trailers',
    'Transfer-Encoding',
    'chunked',
    'Upgrade',
    'h2c',
    'Keep-Alive',
    'x',
    'Host',
    'hub',
    'Expect',
    '100-continue',
  ]);
  assert.deepEqual(taken.passed, []);
});

test('T16 a second Host or Authorization is refused', () => {
  assert.throws(() => takeHeaders(['Host', 'a', 'host', 'b']), { code: 'bad-request' });
  assert.throws(() => takeHeaders(['Authorization', 'Bearer a', 'authorization', 'Bearer b']), { code: 'bad-request' });
});

test('a WebSocket’s bearer subprotocol is the credential, and does not reach the cluster', () => {
  const encoded = Buffer.from('drv_token').toString('base64url');
  const taken = takeHeaders(
    ['Sec-WebSocket-Protocol', `base64url.bearer.authorization.k8s.io.${encoded}, v4.channel.k8s.io`],
    true,
  );
  assert.equal(taken.webSocketToken, 'drv_token');
  assert.deepEqual(taken.passed, ['sec-websocket-protocol', 'v4.channel.k8s.io']);
});
