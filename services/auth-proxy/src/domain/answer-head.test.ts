import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerHead } from './answer-head.ts';

const request = { cluster: 'alpha', upgrade: false, requestId: 'id-1' };

test('an answer’s headers pass, and the hub’s request id stands once', () => {
  const { headers } = answerHead(
    { status: 200, headers: ['content-type', 'a', 'audit-id', 'other', 'warning', '1', 'warning', '2'] },
    request,
  );
  assert.deepEqual(headers, ['content-type', 'a', 'warning', '1', 'warning', '2', 'audit-id', 'id-1']);
});

test('T14 only a request that asked for it is switched, and no agent changes the connection', () => {
  for (const status of [100, 101, 199, 600, 999]) {
    assert.throws(() => answerHead({ status, headers: [] }, request), { code: 'tunnel-protocol' });
  }
  const upgrade = { ...request, upgrade: true };
  assert.deepEqual(
    answerHead({ status: 101, headers: ['upgrade', 'SPDY/3.1', 'connection', 'close'] }, upgrade).headers,
    ['upgrade', 'SPDY/3.1', 'audit-id', 'id-1'],
  );
  assert.deepEqual(
    answerHead({ status: 403, headers: ['upgrade', 'x', 'transfer-encoding', 'chunked'] }, upgrade).headers,
    ['audit-id', 'id-1'],
  );
});

test('T15 a redirect leads to a path of the cluster or nowhere', () => {
  const to = (location: string) => answerHead({ status: 302, headers: ['location', location] }, request).headers[1];
  assert.equal(to('/api/v1?x'), '/k8s/clusters/alpha/api/v1?x');
  for (const location of ['https://evil.example/', '//evil.example', 'evil', '']) {
    assert.throws(() => to(location), { code: 'redirect-refused' }, location);
  }
});
