import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import fc from 'fast-check';
import { decodeObject } from './protobuf.ts';

/** A field that has bytes: its number, and text or further fields. */
type Field = readonly [number: number, value: string | readonly Field[]];

function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      const bytes = typeof value === 'string' ? Buffer.from(value) : encode(value);
      return [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const message = {
  1: ['metadata', { 1: ['name', 'string'] }],
  2: ['spec', { 1: ['user', 'string'], 4: ['groups', 'strings'] }],
} as const;
const object = (raw: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0', 'latin1'),
    encode([
      [
        1,
        [
          [1, 'x.dev/v1'],
          [2, 'Thing'],
        ],
      ],
    ]),
    varint(2 * 8 + 2),
    varint(raw.length),
    raw,
  ]);

test('reads the fields that it is told, and passes over the others', () => {
  const long = 'ü'.repeat(300);
  const raw = Buffer.concat([
    encode([
      [1, [[1, 'a']]],
      [
        2,
        [
          [1, long],
          [4, 'g'],
          [4, 'h'],
          [9, 'unknown'],
        ],
      ],
      [3, []],
    ]),
    Buffer.from([0x38, 0x96, 0x01, 0x41, 1, 2, 3, 4, 5, 6, 7, 8, 0x4d, 1, 2, 3, 4]),
  ]);
  assert.deepEqual(decodeObject(object(raw), message), {
    apiVersion: 'x.dev/v1',
    kind: 'Thing',
    metadata: { name: 'a' },
    spec: { user: long, groups: ['g', 'h'] },
  });
});

test('property: whatever comes is read or refused as a bad request', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      try {
        decodeObject(object(Buffer.from(bytes)), message);
        decodeObject(Buffer.concat([Buffer.from('k8s\0'), Buffer.from(bytes)]), message);
      } catch (error) {
        assert.ok(error instanceof DroverError && error.code === 'bad-request');
      }
    }),
  );
  assert.throws(() => decodeObject(Buffer.from('{}'), message), { code: 'bad-request' });
});
