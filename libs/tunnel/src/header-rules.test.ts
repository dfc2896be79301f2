import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerHeaders, isHopByHop, isIdentityHeader, nominate, withoutNominated } from './header-rules.ts';

for (const name of [
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authorization',
]) {
  test(`${name} belongs to one connection`, () => assert.ok(isHopByHop(name)));
}

for (const name of [
  'authorization',
  'impersonate-user',
  'impersonate-group',
  'impersonate-uid',
  'impersonate-extra-scopes',
  'impersonate-what-kubernetes-adds-next',
  'x-remote-user',
  'x-remote-group',
  'x-remote-extra-a',
  'drover-identity',
]) {
  test(`${name} says who asks (T1)`, () => assert.ok(isIdentityHeader(name)));
}

for (const name of ['accept', 'content-type', 'x-request-id', 'user-agent', 'kubectl-session']) {
  test(`${name} is neither`, () => assert.ok(!isHopByHop(name) && !isIdentityHeader(name)));
}

test('what Connection names goes, by whatever spelling, and nothing else', () => {
  const nominated = nominate(nominate(undefined, 'close, X-One'), ' x-two ');
  const headers = ['x-one', 'x-two', 'x-two', 'x-one', 'accept', 'x-one'];
  assert.deepEqual(withoutNominated(headers, nominated), ['accept', 'x-one']);
  assert.equal(withoutNominated(headers, undefined), headers);
});

test('an answer’s headers are lower-case and end-to-end; a 101 keeps its Upgrade', () => {
  const raw = ['Content-Type', 'a/b', 'Connection', 'upgrade', 'UPGRADE', 'SPDY/3.1', 'Transfer-Encoding', 'chunked'];
  assert.deepEqual(answerHeaders(raw), ['content-type', 'a/b']);
  assert.deepEqual(answerHeaders(raw, true), ['content-type', 'a/b', 'upgrade', 'SPDY/3.1']);
  assert.deepEqual(answerHeaders([Buffer.from('A'), Buffer.from([0xfc])]), ['a', 'ü']);
});
