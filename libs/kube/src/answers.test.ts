import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOfAnswer } from './answer-error.ts';
import { pathOf } from './index.ts';

const status = (code: number, reason: string): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message: `it is ${reason}`, code });

const answers: [httpStatus: number, text: string, code: string][] = [
  [401, status(401, 'Unauthorized'), 'unauthenticated'],
  [403, status(403, 'Forbidden'), 'forbidden'],
  [404, status(404, 'NotFound'), 'not-found'],
  [409, status(409, 'AlreadyExists'), 'already-exists'],
  [409, status(409, 'Conflict'), 'conflict'],
  [422, status(422, 'Invalid'), 'invalid'],
  [429, status(429, 'TooManyRequests'), 'too-many-requests'],
  [500, status(500, 'InternalError'), 'cluster-unreachable'],
  [502, '<html>a load balancer', 'cluster-unreachable'],
  [302, '', 'redirect-refused'],
];
for (const [httpStatus, text, code] of answers) {
  test(`an answer ${httpStatus} ${text.slice(0, 80)} is ${code}`, () => {
    const error = errorOfAnswer('get /x', { status: httpStatus, text });
    assert.equal(error.code, code);
    assert.match(error.message, /^get \/x: the kube-apiserver answered \d+: (it is |not with a Status)/);
    assert.doesNotMatch(error.message, /html/);
  });
}

test('paths are of the object’s group, scope and name; what Drover does not write has none', () => {
  const of = (apiVersion: string, kind: string, name: string, namespace?: string) =>
    pathOf({ apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }, 'object');
  assert.equal(of('v1', 'Secret', 'a', 'b'), '/api/v1/namespaces/b/secrets/a');
  assert.equal(of('v1', 'Namespace', '../x'), '/api/v1/namespaces/..%2Fx');
  assert.equal(
    of('rbac.authorization.k8s.io/v1', 'ClusterRole', 'a'),
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/a',
  );
  assert.throws(() => of('v1', 'Secret', 'a'), { code: 'internal' });
  assert.throws(() => of('v1', 'Namespace', 'a', 'b'), { code: 'internal' });
  assert.throws(() => of('v1', 'Pod', 'a', 'b'), { code: 'internal' });
});
