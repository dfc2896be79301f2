import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DroverError } from '@drover/errors';
import fc from 'fast-check';
import { decodeObject, type ProtobufMessage } from './protobuf.ts';

/** A field: its number, and a number, text or further fields. */
type Field = readonly [number: number, value: number | string | readonly Field[]];

function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number * 8), varint(value)];
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

const message: ProtobufMessage = {
  1: ['metadata', { 1: ['name', 'string'], 8: ['made', 'time'], 9: ['gone', 'time'] }],
  2: [
    'spec',
    {
      1: ['user', 'string'],
      2: ['size', 'number'],
      3: ['replicas', 'number?'],
      4: ['groups', 'string', 'list'],
      5: ['off', 'boolean'],
      6: ['kept', 'boolean?'],
      7: ['data', 'bytes', 'map'],
      8: ['port', 'intOrString', 'list'],
      9: ['any', 'ignored'],
      10: ['memory', 'quantity', 'map'],
      11: ['empty', {}],
    },
  ],
};
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

test('reads the fields that it is told as Go writes them in JSON, and passes over others that are zero', () => {
  const long = 'ü'.repeat(300);
  const raw = encode([
    [
      1,
      [
        [1, 'a'],
        [8, [[1, 1_700_000_000]]],
        [9, ''],
        [11, ''],
        [12, 0],
      ],
    ],
    [
      2,
      [
        ...([
          [1, long],
          [2, 300],
          [3, 0],
          [4, 'g'],
          [4, ''],
          [5, 0],
          [6, 0],
        ] as const),
        ...([
          [
            7,
            [
              [1, '__proto__'],
              [2, 'x'],
            ],
          ],
          [7, [[1, 'none']]],
        ] as const),
        ...([
          [
            8,
            [
              [1, 0],
              [2, 80],
              [3, ''],
            ],
          ],
          [
            8,
            [
              [1, 1],
              [2, 0],
              [3, 'http'],
            ],
          ],
        ] as const),
        ...([
          [9, 'whatever'],
          [
            10,
            [
              [1, 'memory'],
              [2, [[1, '1Gi']]],
            ],
          ],
          [11, ''],
        ] as const),
      ],
    ],
    [3, ''],
  ]);
  const zeros = Buffer.from([0x38, 0, 0x41, 0, 0, 0, 0, 0, 0, 0, 0, 0x4d, 0, 0, 0, 0]);
  assert.deepEqual(decodeObject(object(Buffer.concat([raw, zeros])), message), {
    apiVersion: 'x.dev/v1',
    kind: 'Thing',
    metadata: { name: 'a', made: '2023-11-14T22:13:20Z' },
    spec: {
      ...{ user: long, size: 300, replicas: 0, groups: ['g', ''], kept: false },
      data: Object.fromEntries([
        ['__proto__', Buffer.from('x').toString('base64')],
        ['none', ''],
      ]),
      ...{ port: [80, 'http'], memory: { memory: '1Gi' }, empty: {} },
    },
  });
});

test('a field that it is not told and that holds something is refused by its place', () => {
  assert.throws(() => decodeObject(object(encode([[2, [[11, [[4, 'x']]]]]])), message), {
    code: 'unsupported-media-type',
    message: /field 4 of spec\.empty is not read from .*; send application\/json/,
  });
  assert.throws(() => decodeObject(object(encode([[5, 1]])), message), { message: /field 5 of the object/ });
});

test('property: whatever comes is read or refused as a bad request', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      try {
        decodeObject(object(Buffer.from(bytes)), message);
        decodeObject(Buffer.concat([Buffer.from('k8s\0'), Buffer.from(bytes)]), message);
      } catch (error) {
        assert.ok(error instanceof DroverError && ['bad-request', 'unsupported-media-type'].includes(error.code));
      }
    }),
  );
  assert.throws(() => decodeObject(Buffer.from('{}'), message), { code: 'bad-request' });
});
