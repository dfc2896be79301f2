import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSchema, type Schema } from './schema.ts';

const schema: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[a-zé]+$', maxLength: 5 },
    at: { type: 'string', format: 'date-time' },
    on: { type: 'boolean' },
    list: { type: 'array', maxItems: 2, items: { type: 'object', properties: { n: { type: 'integer', maximum: 9 } } } },
    map: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

const fields = (value: unknown): string[] => checkSchema(schema, value).errors.map(error => error.field);

test('what fits passes whole', () => {
  const value = { name: 'a', at: '2026-01-02T03:04:05.6Z', on: true, list: [{ n: 1 }], map: { x: 'y' } };
  assert.deepEqual(checkSchema(schema, value), { errors: [], unknown: [], pruned: value });
});

test('every mistake is told with its place', () => {
  assert.deepEqual(fields({}), ['name']);
  assert.deepEqual(fields({ name: 'A' }), ['name']);
  assert.deepEqual(fields({ name: 'abcdef' }), ['name']);
  assert.deepEqual(fields({ name: 'ééééé' }), [], 'characters are counted, not bytes');
  assert.deepEqual(fields({ name: 'a', at: 'yesterday', on: 'yes' }), ['at', 'on']);
  assert.deepEqual(fields({ name: 'a', list: [{ n: 10 }, { n: 1.5 }] }), ['list[0].n', 'list[1].n']);
  assert.deepEqual(fields({ name: 'a', list: [{}, {}, {}] }), ['list']);
  assert.deepEqual(fields({ name: 'a', map: { x: 1 } }), ['map.x']);
  assert.deepEqual(fields([]), ['']);
});

test('unknown fields and nulls are left out, also those that look like the prototype’s', () => {
  const hostile: unknown = JSON.parse(
    '{"name":"a","on":null,"__proto__":{"x":1},"constructor":1,"list":[{"m":1}],"map":{"__proto__":"p"}}',
  );
  const report = checkSchema(schema, hostile);
  assert.deepEqual(report.unknown, ['__proto__', 'constructor', 'list[0].m']);
  assert.equal(JSON.stringify(report.pruned), '{"name":"a","list":[{}],"map":{"__proto__":"p"}}');
  assert.equal(Object.getPrototypeOf(report.pruned), Object.prototype);
});

/** Answers of kube-apiserver for custom resources; those in which 1.20 differs from 1.32 are in the words of 1.32. */
const answers: [rule: Schema, value: unknown, reason: string, message: string][] = [
  [{ type: 'string' }, 5, 'TypeInvalid', 'Invalid value: "integer": spec.x in body must be of type string: "integer"'],
  [
    { type: 'integer' },
    1.5,
    'TypeInvalid',
    'Invalid value: "number": spec.x in body must be of type integer: "number"',
  ],
  [
    { type: 'boolean' },
    'y',
    'TypeInvalid',
    'Invalid value: "string": spec.x in body must be of type boolean: "string"',
  ],
  [{ type: 'object' }, [], 'TypeInvalid', 'Invalid value: "array": spec.x in body must be of type object: "array"'],
  [
    { 'x-kubernetes-int-or-string': true },
    true,
    'TypeInvalid',
    'Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
  ],
  [
    { type: 'string', minLength: 2 },
    'a',
    'Invalid',
    'Invalid value: "a": spec.x in body should be at least 2 chars long',
  ],
  [{ type: 'string', maxLength: 1 }, 'ab', 'TooLong', 'Too long: may not be more than 1 byte'],
  [{ type: 'string', maxLength: 4 }, 'abcde', 'TooLong', 'Too long: may not be more than 4 bytes'],
  [
    { type: 'string', pattern: '^[a-z]+$' },
    'A',
    'Invalid',
    `Invalid value: "A": spec.x in body should match '^[a-z]+$'`,
  ],
  [{ type: 'string', enum: ['a', 'b'] }, 'c', 'NotSupported', 'Unsupported value: "c": supported values: "a", "b"'],
  [{ type: 'integer', enum: [1, 2] }, 3, 'NotSupported', 'Unsupported value: 3: supported values: "1", "2"'],
  [
    { type: 'integer', minimum: 0 },
    -1,
    'Invalid',
    'Invalid value: -1: spec.x in body should be greater than or equal to 0',
  ],
  [
    { type: 'number', maximum: 0.5 },
    1,
    'Invalid',
    'Invalid value: 1: spec.x in body should be less than or equal to 0.5',
  ],
  [
    { type: 'string', format: 'date-time' },
    'yesterday',
    'TypeInvalid',
    'Invalid value: "yesterday": spec.x in body must be of type date-time: "yesterday"',
  ],
  [
    { type: 'array', items: { type: 'string' }, minItems: 1 },
    [],
    'Invalid',
    'Invalid value: 0: spec.x in body should have at least 1 items',
  ],
  [
    { type: 'array', items: { type: 'string' }, maxItems: 1 },
    ['a', 'b'],
    'TooMany',
    'Too many: 2: must have at most 1 item',
  ],
  [
    { type: 'array', items: { type: 'string' }, uniqueItems: true },
    ['a', 'a'],
    'Invalid',
    `Invalid value: "": spec.x in body shouldn't contain duplicates`,
  ],
  [
    { type: 'object', minProperties: 1 },
    {},
    'Invalid',
    'Invalid value: 0: spec.x in body should have at least 1 properties',
  ],
  [
    { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 1 },
    { a: 'a', b: 'b' },
    'TooMany',
    'Too many: 2: must have at most 1 item',
  ],
  [{ type: 'object', required: ['y'] }, {}, 'Required', 'Required value'],
];

test('mistakes are told in kube-apiserver’s words', () => {
  for (const [rule, value, reason, message] of answers) {
    const { errors } = checkSchema(rule, value, 'spec.x');
    assert.deepEqual(
      errors.map(error => [error.reason, error.message]),
      [[`FieldValue${reason}`, message]],
      JSON.stringify(rule),
    );
  }
});

test('sets and maps hold nothing twice', () => {
  const set: Schema = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' };
  const told = (rule: Schema, value: unknown) =>
    checkSchema(rule, value, 'l').errors.map(one => [one.field, one.message]);
  assert.deepEqual(told(set, ['a', 'a', 'b', 'a']), [['l[1]', 'Duplicate value: "a"']]);
  const map: Schema = {
    type: 'array',
    items: { type: 'object', properties: { name: { type: 'string' }, port: { type: 'integer' } } },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name', 'port'],
  };
  const item = { name: 'a', port: 1 };
  assert.deepEqual(told(map, [item, { name: 'a', port: 2 }]), []);
  assert.deepEqual(told(map, [item, { port: 1, name: 'a' }]), [
    ['l[1]', 'Duplicate value: map[string]interface {}{"name":"a", "port":1}'],
  ]);
});

test('defaults come for what is missing or null, also inside of defaults; null stays where it is a value', () => {
  const rule: Schema = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', default: 3 },
      inner: { type: 'object', default: {}, properties: { on: { type: 'boolean', default: true } } },
      note: { type: 'string', nullable: true },
      list: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer', default: 1 } } } },
    },
  };
  assert.deepEqual(checkSchema(rule, { size: null, note: null, list: [{}] }), {
    errors: [],
    unknown: [],
    pruned: { note: null, list: [{ n: 1 }], size: 3, inner: { on: true } },
  });
  const [first, second] = [checkSchema(rule, {}).pruned, checkSchema(rule, {}).pruned];
  assert.notEqual((first as { inner: object }).inner, (second as { inner: object }).inner, 'no two objects share one');
});

test('what is kept unseen is kept whole; named fields of it are checked', () => {
  const rule: Schema = {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    properties: { q: { type: 'integer' } },
  };
  assert.deepEqual(checkSchema(rule, { z: { y: null }, q: 1 }).pruned, { z: { y: null }, q: 1 });
  assert.deepEqual(
    checkSchema(rule, { q: 'x' }, 'spec').errors.map(error => error.field),
    ['spec.q'],
  );
  const any: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
  assert.deepEqual(checkSchema(any, [1, { a: null }]).pruned, [1, { a: null }]);
});
