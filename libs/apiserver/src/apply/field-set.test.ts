import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  decodeSet,
  difference,
  encodeSet,
  equalSets,
  type FieldSet,
  hasPath,
  intersection,
  pathsOf,
  setOf,
  union,
} from './field-set.ts';
import { fieldElement, keyElement, pathText, valueElement } from './path-element.ts';

const element = fc.oneof(
  fc.constantFrom('a', 'b', '.', '__proto__', 'f:a').map(fieldElement),
  fc.record({ name: fc.constantFrom('x', 'y'), port: fc.constantFrom(80, 443) }).map(keyElement),
  fc.constantFrom<unknown>(1, 'one', null, true).map(valueElement),
);
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
const sets = paths.map(setOf);
const named = (set: FieldSet): Set<string> => new Set([...pathsOf(set)].map(path => JSON.stringify(path)));

describe('sets of fields', () => {
  test('are what is stored, in the order of Kubernetes', () => {
    const stored = {
      'f:spec': {
        'f:ports': {
          '.': {},
          'k:{"name":"http","port":80}': { '.': {}, 'f:port': {} },
          'k:{"name":"http","port":443}': {},
        },
        'f:tags': { 'v:"blue"': {}, 'v:1': {} },
      },
    };
    const set = decodeSet(stored);
    assert.deepEqual(encodeSet(set), stored);
    assert.equal(JSON.stringify(encodeSet(set)), JSON.stringify(stored));
    assert.deepEqual([...pathsOf(set)].map(pathText), [
      '.spec.ports',
      '.spec.ports[name="http",port=80]',
      '.spec.ports[name="http",port=443]',
      '.spec.ports[name="http",port=80].port',
      '.spec.tags[="blue"]',
      '.spec.tags[=1]',
    ]);
  });

  test('mind neither the order of keys nor what a later version may add', () => {
    const set = decodeSet({ 'k:{"port":80,"name":"http"}': {}, 'z:later': { 'f:x': {} } });
    assert.deepEqual(encodeSet(set), { 'k:{"name":"http","port":80}': {} });
  });

  test('that are malformed are refused', () => {
    let deep: object = {};
    for (let level = 0; level < 200; level++) deep = { 'f:a': deep };
    for (const fields of [[], 'x', { 'f:a': 1 }, { 'k:{': {} }, { 'k:[]': {} }, { 'v:': {} }, { 'i:x': {} }, deep]) {
      assert.throws(() => decodeSet(fields), SyntaxError, JSON.stringify(fields).slice(0, 40));
    }
  });

  test('are the same after they were stored', () => {
    fc.assert(
      fc.property(sets, set => {
        const read = decodeSet(JSON.parse(JSON.stringify(encodeSet(set))));
        assert.ok(equalSets(read, set));
        assert.deepEqual(named(read), named(set));
      }),
    );
  });

  test('hold what their paths as plain sets hold', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const [left, right] = [named(a), named(b)];
        assert.deepEqual(named(union(a, b)), new Set([...left, ...right]));
        assert.deepEqual(named(intersection(a, b)), new Set([...left].filter(path => right.has(path))));
        assert.deepEqual(named(difference(a, b)), new Set([...left].filter(path => !right.has(path))));
        assert.equal(equalSets(a, b), isDeepStrictEqual(left, right));
        for (const path of pathsOf(b)) assert.equal(hasPath(a, path), left.has(JSON.stringify(path)));
      }),
    );
  });
});
