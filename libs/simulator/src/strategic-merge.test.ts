import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strategicMerge } from './strategic-merge.ts';

const pod = {
  metadata: { finalizers: ['a'], labels: { x: '1' } },
  spec: {
    containers: [
      { name: 'web', image: 'nginx:1', ports: [{ containerPort: 80 }], args: ['-v'] },
      { name: 'side', image: 'side:1' },
    ],
    strategy: { type: 'RollingUpdate', rollingUpdate: {} },
  },
};

test('a strategic merge patch merges items by their keys, and replaces lists without one', () => {
  const patch = {
    metadata: { finalizers: ['b'], labels: { x: null, y: '2' } },
    spec: {
      '$setElementOrder/containers': [{ name: 'web' }],
      containers: [
        { name: 'web', image: 'nginx:2', args: ['-q'], ports: [{ containerPort: 443 }] },
        { name: 'side', $patch: 'delete' },
        { name: 'new', image: 'new:1' },
      ],
      strategy: { $retainKeys: ['type'], type: 'Recreate' },
    },
  };
  assert.deepEqual(strategicMerge(pod, patch), {
    metadata: { finalizers: ['a', 'b'], labels: { y: '2' } },
    spec: {
      containers: [
        { name: 'web', image: 'nginx:2', args: ['-q'], ports: [{ containerPort: 80 }, { containerPort: 443 }] },
        { name: 'new', image: 'new:1' },
      ],
      strategy: { type: 'Recreate' },
    },
  });
});

test('directives replace a list or an object, and take texts out of a list', () => {
  const patch = {
    metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], labels: { $patch: 'replace', z: '3' } },
    spec: { containers: [{ $patch: 'replace' }, { name: 'only' }] },
  };
  assert.deepEqual(strategicMerge(pod, patch), {
    metadata: { finalizers: [], labels: { z: '3' } },
    spec: { ...pod.spec, containers: [{ name: 'only' }] },
  });
});

test('lists of very many items are merged by their keys', () => {
  const items = Array.from({ length: 50_000 }, (_, index) => ({ name: `c${index}`, image: 'a' }));
  const patch = { containers: items.map(({ name }) => ({ name, image: 'b' })) };
  const merged = strategicMerge({ containers: items }, patch) as { containers: { image: string }[] };
  assert.equal(merged.containers.length, items.length);
  assert.ok(merged.containers.every(({ image }) => image === 'b'));
});
