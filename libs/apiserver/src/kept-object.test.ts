import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeptObject } from './kept-object.ts';
import type { ApiObject } from './object.ts';
import { storedBytes } from './object-json.ts';

const withMetadata = (metadata: object, fields: object = {}): ApiObject => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name: 'one', uid: 'u', resourceVersion: '', creationTimestamp: '', ...metadata },
  ...fields,
});
const at = (revision: number, object: ApiObject): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});
const keep = (object: ApiObject, value: Uint8Array = storedBytes(object), hidden: string[] = []): KeptObject =>
  KeptObject.of('widgets._.one', 12, value, object, { hidden, selectableFields: ['spec.size', 'spec.none'] });
const parsed = (json: Buffer): unknown => JSON.parse(json.toString('utf8'));

test('what is served is what was stored, with its resourceVersion, whatever texts are in it', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('"resourceVersion":""', '{"', '}', '\\', '\\"}', '{"resourceVersion":"'),
  );
  const dictionary = fc.dictionary(texts, texts, { noNullPrototype: true });
  fc.assert(
    fc.property(dictionary, dictionary, dictionary, (labels, annotations, spec) => {
      const object = withMetadata({ labels, annotations }, { spec });
      const kept = keep(object);
      assert.deepEqual(parsed(kept.line), at(12, object));
      assert.equal(kept.line.at(-1), 0x0a);
      assert.deepEqual(parsed(kept.metadata), at(12, object).metadata);
      assert.deepEqual(parsed(kept.at(12345).line), at(12345, object));
      assert.deepEqual(parsed(kept.at(12345).metadata), at(12345, object).metadata);
    }),
  );
});

test('a value that somebody wrote in another order is served as well', () => {
  const object = withMetadata({ labels: { resourceVersion: '' } }, { spec: { size: 1 } });
  for (const value of [JSON.stringify(object), JSON.stringify({ spec: { size: 1 }, ...object }, null, 2)]) {
    const kept = keep(object, Buffer.from(value));
    assert.deepEqual(parsed(kept.line), at(12, object));
    assert.deepEqual(parsed(kept.metadata), at(12, object).metadata);
  }
});

test('hidden fields are in the object and not in what is served', () => {
  const object = withMetadata({}, { spec: { size: 1 }, secret: 'x' });
  const kept = keep(object, undefined, ['secret']);
  assert.equal(kept.line.includes('secret'), false);
  assert.deepEqual(kept.shown, at(12, withMetadata({}, { spec: { size: 1 } })));
  assert.deepEqual(kept.object, at(12, object));
  assert.deepEqual(kept.at(13).object, at(13, object));
});

test('selectable fields are known without parsing', () => {
  const kept = keep(withMetadata({}, { spec: { size: 7 } }));
  assert.deepEqual([kept.name, kept.namespace, kept.field('spec.size'), kept.field('spec.none')], ['one', '', '7', '']);
  const namespaced = KeptObject.of('gadgets.left.a.b', 1, storedBytes(withMetadata({})), withMetadata({}));
  assert.deepEqual([namespaced.name, namespaced.namespace], ['a.b', 'left']);
});
