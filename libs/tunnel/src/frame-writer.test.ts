import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameWriter } from './frame-writer.ts';
import { FrameDecoder, frameType } from './frames.ts';

/** What a receiver reads of the frames that `write` makes: type, FIN, stream and payload of each. */
function framesOf(write: (writer: FrameWriter) => void): (readonly [number, boolean, number, string])[] {
  const frames: (readonly [number, boolean, number, string])[] = [];
  const decoder = new FrameDecoder({
    onFrame: (type, fin, stream, payload) => frames.push([type, fin, stream, payload.toString('latin1')]),
  });
  const writer = new FrameWriter(piece => decoder.push(piece));
  write(writer);
  writer.flush();
  return frames;
}

const { head, data, window } = frameType;
const none = Buffer.alloc(0);

test('a direction ends with its last frame where that has not left', () => {
  const frames = framesOf(writer => {
    writer.frame(data, false, 7, Buffer.from('a'));
    writer.frame(data, false, 7, Buffer.from('b'));
    writer.finish(7);
    writer.joinedFrame(head, false, 8, none, 'c');
    writer.finish(8);
  });
  assert.deepEqual(frames, [
    [data, false, 7, 'a'],
    [data, true, 7, 'b'],
    [head, true, 8, 'c'],
  ]);
});

for (const [what, between] of [
  ['nothing of it was written', () => {}],
  ['it has left', (writer: FrameWriter) => writer.flush()],
  ['another stream wrote after it', (writer: FrameWriter) => writer.frame(data, false, 8, Buffer.from('b'))],
  ['a grant of its own was written after it', (writer: FrameWriter) => writer.numberFrame(window, 7, 1)],
  [
    'the next arena was begun',
    (writer: FrameWriter) => {
      for (let at = 0; at < 200; at++) writer.frame(data, false, 8, Buffer.alloc(1000));
    },
  ],
] as const) {
  test(`a direction ends with an empty DATA where ${what}`, () => {
    const before = (writer: FrameWriter): void => {
      if (what !== 'nothing of it was written') writer.frame(data, false, 7, Buffer.from('a'));
      between(writer);
    };
    const frames = framesOf(writer => {
      before(writer);
      writer.finish(7);
    });
    assert.deepEqual(frames, [...framesOf(before), [data, true, 7, '']]);
  });
}

test('a direction that ended with its last frame is not ended by the next stream’s end', () => {
  const frames = framesOf(writer => {
    writer.frame(data, false, 7, Buffer.from('a'));
    writer.finish(7);
    writer.finish(8);
  });
  assert.deepEqual(frames, [
    [data, true, 7, 'a'],
    [data, true, 8, ''],
  ]);
});
