import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestVerb } from './request-verb.ts';

test('a request’s verb is the one that RBAC knows', () => {
  const cases: [string, string, string][] = [
    ['GET', '/api/v1/pods', 'list'],
    ['GET', '/api/v1/namespaces', 'list'],
    ['GET', '/api/v1/namespaces/n', 'get'],
    ['GET', '/api/v1/namespaces/n/pods', 'list'],
    ['GET', '/api/v1/namespaces/n/pods?watch=1', 'watch'],
    ['GET', '/api/v1/namespaces/n/pods?watch=false', 'list'],
    ['GET', '/apis/apps/v1/namespaces/n/deployments/d', 'get'],
    ['GET', '/apis/apps/v1/namespaces/n/deployments/d/scale', 'get'],
    ['GET', '/api/v1/namespaces/n/pods/p/log?follow=1', 'get'],
    ['GET', '/healthz', 'get'],
    ['POST', '/api/v1/namespaces/n/pods', 'create'],
    ['PUT', '/api/v1/nodes/n', 'update'],
    ['PATCH', '/api/v1/nodes/n', 'patch'],
    ['DELETE', '/api/v1/nodes/n', 'delete'],
    ['DELETE', '/api/v1/nodes', 'deletecollection'],
  ];
  for (const [method, target, verb] of cases) assert.equal(requestVerb(method, target), verb, `${method} ${target}`);
});

test('T17 what connects counts as create, whatever the method', () => {
  for (const subresource of ['exec', 'attach', 'portforward', 'proxy', 'proxy/some/path']) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      assert.equal(requestVerb(method, `/api/v1/namespaces/n/pods/p/${subresource}?command=sh&watch=1`), 'create');
    }
  }
  assert.equal(requestVerb('GET', '/api/v1/namespaces/n/services/s:80/proxy/'), 'create');
  assert.equal(requestVerb('GET', '/api/v1/nodes/n/proxy/logs'), 'create');
  assert.equal(requestVerb('GET', '/api/v1/proxy/namespaces/n/pods/p'), 'create');
  // A pod that is named so connects nobody.
  assert.equal(requestVerb('GET', '/api/v1/namespaces/n/pods/exec'), 'get');
});
