import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import { applyPatch } from './patch.ts';

const operations = (document: unknown, ...patch: unknown[]): unknown =>
  applyPatch('application/json-patch+json', document, patch);
const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof DroverError ? error.code : String(error);
  }
};

test('copy and move do what RFC 6902 says', () => {
  const document = { a: { b: [1, 2] }, c: 'x' };
  assert.deepEqual(operations(document, { op: 'copy', from: '/a', path: '/d' }), { ...document, d: { b: [1, 2] } });
  assert.deepEqual(operations(document, { op: 'move', from: '/a/b/0', path: '/a/b/-' }), { a: { b: [2, 1] }, c: 'x' });
  assert.deepEqual(operations(document, { op: 'move', from: '/a', path: '' }), { b: [1, 2] });
  assert.deepEqual(document, { a: { b: [1, 2] }, c: 'x' }, 'the document is left alone');
  for (const wrong of [
    { op: 'copy', from: '/x', path: '/d' },
    { op: 'copy', path: '/d' },
    { op: 'copy', from: '/a' },
    { op: 'move', from: '/a', path: '/a/b' },
    { op: 'move', from: '/a/b', path: '/a/b/0' },
    { op: 'move', from: '/c', path: '/y/z' },
    { op: 'move', from: 5, path: '/y' },
    { op: 'copy', from: '/a', path: '/__proto__/x' },
    'copy',
    null,
  ]) {
    assert.equal(
      codeOf(() => operations(document, wrong)),
      'invalid',
      JSON.stringify(wrong),
    );
  }
});

test('a patch whose copies double the document is refused before it fills the memory', () => {
  const copies = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/c${index}` }));
  assert.equal(
    codeOf(() => operations({ text: 'x'.repeat(1000) }, ...copies)),
    'too-large',
  );
});

test('ten thousand moves in a large document take no longer than the document is large', () => {
  const moves = Array.from({ length: 10_000 }, (_, index) => ({
    op: 'move',
    from: `/m${index}`,
    path: `/m${index + 1}`,
  }));
  const list = Array.from({ length: 100_000 }, (_, index) => `item ${index}`);
  assert.deepEqual(operations({ m0: 1, list }, ...moves), { list, m10000: 1 });
});

test('patches after patches make no object that is deeper than one may be', () => {
  const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
  const path = '/a'.repeat(300);
  assert.equal(
    codeOf(() => operations(nested(300), { op: 'replace', path, value: nested(300) })),
    'bad-request',
  );
  assert.equal(
    codeOf(() => operations(nested(200), { op: 'replace', path: '/a'.repeat(200), value: nested(200) })),
    undefined,
  );
});
