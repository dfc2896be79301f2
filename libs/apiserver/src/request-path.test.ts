import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResourcePath } from './request-path.ts';
import { allVerbs, type ResourceType } from './resource-type.ts';
import { gadgets, widgets } from './widgets-for-tests.ts';

const core = (kind: string, namespaced: boolean): ResourceType => ({
  ...gadgets,
  group: '',
  kind,
  plural: `${kind.toLowerCase()}s`,
  singular: kind.toLowerCase(),
  namespaced,
  status: true,
  verbs: allVerbs,
});
const types: ResourceType[] = [widgets as ResourceType, gadgets, core('Namespace', false), core('Pod', true)];

const parsed = (path: string): string => {
  const { type, namespace, name, subresource } = parseResourcePath(path, types);
  return [type.kind, namespace, name, subresource].map(part => part ?? '-').join(' ');
};

test('paths of named groups and of the core group', () => {
  assert.equal(parsed('/apis/example.dev/v1/widgets'), 'Widget - - -');
  assert.equal(parsed('/apis/example.dev/v1/widgets/a/status'), 'Widget - a status');
  assert.equal(parsed('/apis/example.dev/v1/namespaces/n/gadgets/a'), 'Gadget n a -');
  assert.equal(parsed('/apis/example.dev/v1/gadgets'), 'Gadget - - -');
  assert.equal(parsed('/api/v1/namespaces/n/pods/a%3Ab'), 'Pod n a:b -');
  assert.equal(parsed('/api/v1/namespaces/n'), 'Namespace - n -');
  assert.equal(parsed('/api/v1/namespaces/n/status'), 'Namespace - n status');
});

test('everything else is not found', () => {
  for (const path of [
    '/api/v1',
    '/api/v1/widgets',
    '/apis//v1/pods',
    '/apis/v1/namespaces/n',
    '/apis/example.dev/v1/namespaces/n/widgets',
    '/apis/example.dev/v1/gadgets/a',
    '/apis/example.dev/v1/widgets/a/status/more',
    '/apis/example.dev/v1/widgets/%',
    '/apis/example.dev/v1/widgets/a/scale',
    '/other/v1/namespaces/n',
  ]) {
    assert.throws(() => parsed(path), { code: 'not-found' }, path);
  }
});
