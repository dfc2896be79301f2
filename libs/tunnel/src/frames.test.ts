import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameWriter } from './frame-writer.ts';
import { FrameDecoder, finBit, frameType } from './frames.ts';
import { limits } from './limits.ts';
import { TunnelProtocolError } from './protocol-error.ts';

interface Frame {
  type: number;
  fin: boolean;
  stream: number;
  payload: Buffer;
}

const written = (frames: readonly Frame[]): Buffer => {
  const pieces: Buffer[] = [];
  const writer = new FrameWriter(piece => pieces.push(piece));
  for (const { type, fin, stream, payload } of frames) writer.frame(type, fin, stream, payload);
  writer.flush();
  return Buffer.concat(pieces);
};

/** The frames of `bytes`, cut by `sizes` in turn; pieces of one DATA are joined as the stream would join them. */
function decoded(bytes: Buffer, sizes: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  let open = false;
  const decoder = new FrameDecoder({
    onFrame: (type, fin, stream, payload) => {
      const last = frames.at(-1);
      if (type === frameType.data && open && last !== undefined) {
        last.payload = Buffer.concat([last.payload, payload]);
        last.fin = fin;
      } else frames.push({ type, fin, stream, payload: Buffer.from(payload) });
      open = type === frameType.data && frames.at(-1)?.payload.length !== lengths[frames.length - 1];
    },
  });
  const lengths = lengthsOf(bytes);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    decoder.push(bytes.subarray(at, at + size));
    at += size;
  }
  return frames;
}

const lengthsOf = (bytes: Buffer): number[] => {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    lengths.push(length);
    at += 8 + length;
  }
  return lengths;
};

const plain = { noNullPrototype: true };
const anyFrame = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom(frameType.data, frameType.open, frameType.head),
      fin: fc.boolean(),
      stream: fc.integer({ min: 0, max: 0xffff_ffff }),
      payload: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constantFrom(frameType.control, frameType.identity, frameType.reset, frameType.goaway, frameType.close),
      fin: fc.constant(false),
      stream: fc.integer({ min: 0, max: 0xffff_ffff }),
      payload: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
    },
    plain,
  ),
);

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
      (frames, sizes) => {
        assert.deepEqual(decoded(written(frames), sizes), frames);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

test('FIN is told with the last piece of a DATA frame only', () => {
  const bytes = written([{ type: frameType.data, fin: true, stream: 5, payload: Buffer.from('abc') }]);
  const fins: boolean[] = [];
  const decoder = new FrameDecoder({ onFrame: (_type, fin) => fins.push(fin) });
  for (const byte of bytes) decoder.push(Buffer.of(byte));
  assert.deepEqual(fins, [false, false, true]);
});

test('DATA is handed on without a copy', () => {
  const bytes = written([{ type: frameType.data, fin: false, stream: 5, payload: Buffer.from('abc') }]);
  new FrameDecoder({ onFrame: (_t, _f, _s, payload) => assert.equal(payload.buffer, bytes.buffer) }).push(bytes);
});

const refusals: [string, Buffer][] = [
  ['an unknown type', Buffer.from([0, 0, 0, 12, 0, 0, 0, 0])],
  ['type 0', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])],
  ['FIN on RESET', Buffer.from([0, 0, 0, frameType.reset | finBit, 0, 0, 0, 0])],
  ['FIN on PING', Buffer.from([0, 0, 0, frameType.ping | finBit, 0, 0, 0, 0])],
  ...(
    [
      [frameType.data, limits.maxDataBytes],
      [frameType.open, limits.maxHeadBytes],
      [frameType.head, limits.maxHeadBytes],
      [frameType.control, limits.maxControlBytes],
      [frameType.identity, limits.maxControlBytes],
      [frameType.reset, limits.maxControlBytes],
      [frameType.window, 4],
      [frameType.ping, 8],
    ] as const
  ).map(([type, most]): [string, Buffer] => {
    const header = Buffer.alloc(8);
    header.writeUIntBE(most + 1, 0, 3);
    header[3] = type;
    return [`a frame of type ${type} above its bound`, header];
  }),
];
for (const [what, bytes] of refusals) {
  test(`${what} is refused at its header, before any payload`, () => {
    const decoder = new FrameDecoder({ onFrame: () => assert.fail('a frame') });
    assert.throws(() => decoder.push(bytes), TunnelProtocolError);
  });
}

test('a handler that throws within a chunk leaves the decoder at the next frame', () => {
  const frames = ['a', 'b'].map(text => ({
    type: frameType.data,
    fin: false,
    stream: 1,
    payload: Buffer.from(text),
  }));
  const bytes = written(frames);
  const heard: string[] = [];
  const decoder = new FrameDecoder({
    onFrame: (_t, _f, _s, payload) => {
      heard.push(payload.toString());
      if (heard.length === 1) throw new Error('mine');
    },
  });
  assert.throws(() => decoder.push(bytes.subarray(0, 9)), /mine/);
  decoder.push(bytes.subarray(9));
  assert.deepEqual(heard, ['a', 'b']);
});

test('the writer makes pieces that are never written again', () => {
  const pieces: Buffer[] = [];
  const writer = new FrameWriter(piece => pieces.push(piece));
  const copies: Buffer[] = [];
  for (let turn = 0; turn < 400; turn++) {
    writer.frame(frameType.data, false, turn, Buffer.alloc(1000, turn));
    writer.flush();
    copies.push(...pieces.slice(copies.length).map(piece => Buffer.from(piece)));
  }
  assert.deepEqual(pieces, copies);
});

test('the writer begins with a small arena, grows, and is small again after a rest', () => {
  let last: Buffer = Buffer.alloc(0);
  const writer = new FrameWriter(piece => {
    last = piece;
  });
  const arenaAfter = (bytes: number): number => {
    writer.frame(frameType.data, false, 1, Buffer.alloc(bytes));
    writer.flush();
    return last.buffer.byteLength;
  };
  assert.equal(arenaAfter(8), 1024);
  for (let turn = 0; turn < 20; turn++) arenaAfter(limits.maxDataBytes);
  assert.ok(arenaAfter(8) >= limits.maxDataBytes);
  writer.relax();
  assert.equal(arenaAfter(8), 1024);
});

test('an arena is not let go while something is pending in it', () => {
  const pieces: Buffer[] = [];
  const writer = new FrameWriter(piece => pieces.push(piece));
  for (let turn = 0; turn < 20; turn++) writer.frame(frameType.data, false, 1, Buffer.alloc(limits.maxDataBytes));
  writer.relax();
  writer.flush();
  assert.equal(Buffer.concat(pieces).length, 20 * (limits.maxDataBytes + 8));
});
