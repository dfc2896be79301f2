import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { acceptedDifferences } from './accepted/index.ts';
import { findings, matches, outcomeFindings, unexpected } from './compare.ts';
import { conformanceDocument, documentPath } from './document.ts';
import { maskJson, maskLines } from './mask.ts';

test('docs/conformance.md lists what the suite accepts (`npm run generate` writes it)', () => {
  assert.equal(readFileSync(documentPath, 'utf8'), conformanceDocument());
});

test('every accepted difference has a reason, and one reason is told once', () => {
  const reasons = acceptedDifferences.map(({ why }) => why);
  assert.equal(new Set(reasons).size, reasons.length);
});

test('a difference is told by its place', () => {
  assert.deepEqual(findings({ a: [1, { b: 2 }], c: 1 }, { a: [1, { b: 3 }], d: 1 }), [
    { at: 'a[1].b', hub: 2, testbed: 3 },
    { at: 'c', hub: 1, testbed: '(absent)' },
    { at: 'd', hub: '(absent)', testbed: 1 },
  ]);
  assert.deepEqual(outcomeFindings({ status: 200, body: { kind: 'A' } }, { status: 404, body: { message: 'no' } }), [
    { at: 'status', hub: { status: 200, message: 'A' }, testbed: { status: 404, message: 'no' } },
  ]);
});

test('what a case expects is compared in part, and texts by expressions', () => {
  assert.deepEqual(unexpected({ a: 1, b: ['xyz'] }, { b: [/y/] }), []);
  assert.equal(unexpected({ b: ['xyz', 'more'] }, { b: [/y/] }).length, 1);
  assert.equal(unexpected({ b: [] }, { b: ['x'] }).length, 1);
});

test('a pattern stands for itself but for its asterisks', () => {
  assert.ok(matches('get/*/2', 'get/a [1]/2'));
  assert.ok(!matches('get/a.b', 'get/a-b'));
});

test('what means nothing is masked', () => {
  const context = { server: 'https://127.0.0.1:1', revisions: new Set(['77']) };
  const object = {
    metadata: { uid: 'a2c5b7f0-0000-4000-8000-000000000000', resourceVersion: '77' },
    at: '2026-01-01T00:00:00Z',
  };
  assert.deepEqual(maskJson(object, context), { metadata: { uid: 'UID', resourceVersion: 'REVISION' }, at: 'TIME' });
  assert.deepEqual(maskLines('a     b   3m4s\nat 77 of 78', context), ['a  b  AGE', 'at REVISION of 78']);
});
