import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import fc from 'fast-check';
import { parseFieldSelector } from './field-selector.ts';
import { KeptObject } from './kept-object.ts';
import { parseLabelSelector } from './label-selector.ts';
import { storedBytes } from './object-json.ts';
import { gadgets, widgets } from './widgets-for-tests.ts';

const labels = { a: 'b', n: '5', empty: '', 'example.com/x': 'y' };

test('label selectors choose as those of Kubernetes do', () => {
  const chosen = [
    '',
    'a',
    'a=b',
    'a==b',
    ' a = b , n ',
    'a!=c',
    'none!=c',
    'a in (b,c)',
    'a in(b)',
    'a notin (c)',
    'none notin (c)',
    '!none',
    'empty=',
    'empty in ()',
    'empty in (,x)',
    'n>4',
    'n<6',
    'example.com/x=y',
    'a=b,!none,n in (5)',
  ];
  const left = ['none', 'a=c', 'a!=b', 'a notin (b)', '!a', 'a in ()', 'n>5', 'n<5', 'a>1', 'none=', 'a=b,none'];
  for (const text of chosen) assert.equal(parseLabelSelector(text)(labels), true, text);
  for (const text of left) assert.equal(parseLabelSelector(text)(labels), false, text);
});

test('what is no label selector is told in the words of kube-apiserver', () => {
  const cases: [string, string][] = [
    ['==', "found '==', expected: !, identifier, or 'end of string'"],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a foo b', "unable to parse requirement: found 'foo', expected: '=', '!=', '==', 'in', notin'"],
    ['a>x', "unable to parse requirement: for 'Gt', 'Lt' operators, the value must be an integer"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseLabelSelector(text), { code: 'bad-request', message }, text);
  }
  assert.throws(() => parseLabelSelector('-a=b'), /invalid label key "-a": name part must consist of alphanumeric/);
  assert.throws(
    () => parseLabelSelector('a=-b'),
    /invalid label value: "-b": at key: "a": a valid label must be an empty/,
  );
  assert.throws(() => parseLabelSelector('a/b/c'), /invalid label key "a\/b\/c": a qualified name must consist of/);
});

test('no text is more than a bad request', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab1 !=<>(),\\./-_', 'in', 'notin', 'é') });
  const refuses = (parse: () => unknown): void => {
    try {
      parse();
    } catch (error) {
      assert.ok(error instanceof DroverError && error.code === 'bad-request', String(error));
    }
  };
  fc.assert(
    fc.property(text, selector => {
      refuses(() => parseLabelSelector(selector)(labels));
      refuses(() => parseFieldSelector(selector, widgets));
    }),
    { numRuns: 2_000 },
  );
});

test('field selectors know names, namespaces and what is declared', () => {
  const type = { ...gadgets, selectableFields: ['spec.size'] };
  const object = {
    apiVersion: 'example.dev/v1',
    kind: 'Gadget',
    metadata: { name: 'g', namespace: 'left', uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { size: 'a,b=c' },
  };
  const kept = KeptObject.of('gadgets.left.g', 1, storedBytes(object), object, type);
  const chosen = [
    '',
    'metadata.name=g',
    'metadata.name==g,metadata.namespace=left',
    'metadata.name!=h',
    'spec.size=a\\,b\\=c',
    ',metadata.name=g,',
  ];
  for (const text of chosen) assert.equal(parseFieldSelector(text, type)(kept), true, text);
  for (const text of ['metadata.name=h', 'metadata.namespace!=left', 'spec.size='])
    assert.equal(parseFieldSelector(text, type)(kept), false, text);
  const message = 'field label not supported: metadata.namespace';
  assert.throws(() => parseFieldSelector('metadata.namespace=', widgets), { code: 'bad-request', message });
  assert.throws(() => parseFieldSelector('abc', widgets), {
    message: "invalid selector: 'abc'; can't understand 'abc'",
  });
});
