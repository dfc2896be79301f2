import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepRedirectWithin } from './redirect.ts';
import { checkRequestLine, endToEndHeaders } from './request-headers.ts';

test('T2 the agent drops identity headers by itself, whatever the hub let through', () => {
  const headers = [
    'Impersonate-User',
    'root',
    'impersonate-extra-a%2fb',
    'c',
    'X-Remote-Group',
    'system:masters',
    'Authorization',
    'Bearer x',
    'accept',
    '*/*',
  ];
  assert.deepEqual(endToEndHeaders(headers), ['accept', '*/*']);
});

test('T3 what Connection names is dropped', () => {
  assert.deepEqual(endToEndHeaders(['connection', 'close, x-a', 'x-a', '1', 'x-b', '2']), ['x-b', '2']);
});

test('T18 only a target in origin-form is sent', () => {
  for (const target of ['http://evil/', '//evil/', 'evil:443', '*', '', '/a b', '/a\r\nHost: b', '/ä']) {
    assert.throws(() => checkRequestLine('GET', target), { code: 'path-not-normal' }, target);
  }
  for (const method of ['CONNECT /', 'get', 'GET\r\n', '']) {
    assert.throws(() => checkRequestLine(method, '/'), { code: 'bad-request' }, method);
  }
  checkRequestLine('PATCH', '/apis/x/v1/y?dryRun=All');
});

test('T15 a redirect stays within the kube-apiserver or is refused', () => {
  const backend = { url: new URL('https://10.0.0.1:6443/base'), basePath: '/base' };
  const kept = (location: string): string => {
    const headers = ['content-length', '0', 'location', location];
    keepRedirectWithin(307, headers, backend, '/api/v1/pods');
    return headers[3] ?? '';
  };
  assert.equal(kept('/base/healthz?x=1'), '/healthz?x=1');
  assert.equal(kept('https://10.0.0.1:6443/base/a'), '/a');
  assert.equal(kept('nodes'), '/api/v1/nodes');
  for (const location of [
    'https://evil.example/',
    '//evil.example/',
    '/outside',
    'https://10.0.0.1:6444/',
    'http://10.0.0.1:6443/',
    'javascript:alert(1)',
  ]) {
    assert.throws(() => kept(location), { code: 'redirect-refused' }, location);
  }
});
