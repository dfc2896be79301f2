import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterPath } from './request-path.ts';

test('the cluster’s part is passed on byte for byte', () => {
  const cases: [string, string, string][] = [
    ['/k8s/clusters/alpha', 'alpha', '/'],
    ['/k8s/clusters/alpha/', 'alpha', '/'],
    ['/k8s/clusters/alpha?timeout=32s', 'alpha', '/?timeout=32s'],
    ['/k8s/clusters/a-1/api/v1/pods?watch=1&x=%2e%2e/..', 'a-1', '/api/v1/pods?watch=1&x=%2e%2e/..'],
    [
      '/k8s/clusters/alpha/api/v1/namespaces/n/services/https:s:443/proxy/a//b%2Fc',
      'alpha',
      '/api/v1/namespaces/n/services/https:s:443/proxy/a//b%2Fc',
    ],
    ['/k8s/clusters/alpha/apis/x/v1/n/a..b/.c', 'alpha', '/apis/x/v1/n/a..b/.c'],
  ];
  for (const [target, cluster, rest] of cases) assert.deepEqual(parseClusterPath(target), { cluster, target: rest });
});

test('T16 paths that two servers could read differently are refused', () => {
  const refused = [
    'https://evil.example/k8s/clusters/alpha/api',
    '//evil.example/k8s/clusters/alpha/api',
    '/k8s/clusters/',
    '/k8s/clusters//api',
    '/k8s/clusters/../alpha/api',
    '/k8s/clusters/%61lpha/api',
    '/k8s/clusters/alpha%2fapi',
    '/k8s/clusters/al%2e%2epha/api',
    '/k8s/clusters/ALPHA/api',
    '/k8s/clusters/alpha//evil.example/api',
    '/k8s/clusters/alpha/./api',
    '/k8s/clusters/alpha/../beta/api',
    '/k8s/clusters/alpha/a/..',
    '/k8s/clusters/alpha/%2e%2e/beta',
    '/k8s/clusters/alpha/%2E./beta',
    '/k8s/clusters/alpha/.%2e?x',
    '/k8s/clusters/alpha/a%00b',
    '/k8s/clusters/alpha/a%0d%0aHost:%20b',
    '/k8s/clusters/alpha/a\\..\\b',
    '/k8s/clusters/alpha/a%5c..%5cb',
    '/k8s/clusters/alpha/a b',
    '/k8s/clusters/alpha/a#b',
    '/k8s/clusters/alpha/ä',
    '/k8s/clustersalpha/api',
    '*',
  ];
  for (const target of refused) assert.throws(() => parseClusterPath(target), { code: 'path-not-normal' }, target);
});
