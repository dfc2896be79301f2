import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSchema, type Schema } from './schema.ts';

const schema: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
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
