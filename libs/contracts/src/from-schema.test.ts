import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromSchema, Schema } from './index.ts';

/** A compile error where the types differ. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const schema = {
  type: 'object',
  required: ['name', 'rules'],
  properties: {
    name: { type: 'string' },
    mode: { type: 'string', enum: ['a', 'b'] },
    size: { type: 'integer', nullable: true },
    ratio: { type: 'number' },
    on: { type: 'boolean' },
    port: { 'x-kubernetes-int-or-string': true },
    free: { 'x-kubernetes-preserve-unknown-fields': true },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    rules: { type: 'array', items: { type: 'object', required: ['verb'], properties: { verb: { type: 'string' } } } },
  },
} as const satisfies Schema;

interface Expected {
  name: string;
  mode?: 'a' | 'b';
  size?: number | null;
  ratio?: number;
  on?: boolean;
  port?: number | string;
  free?: unknown;
  labels?: Record<string, string>;
  rules: { verb: string }[];
}

test('a schema’s type has its fields, required and optional, as they are validated', () => {
  const fits: Same<FromSchema<typeof schema>, { [K in keyof Expected]: Expected[K] }> = true;
  assert.ok(fits);
});
