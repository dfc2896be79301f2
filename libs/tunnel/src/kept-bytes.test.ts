import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptBytes } from './kept-bytes.ts';
import { SendQueue } from './send-queue.ts';

/** One TLS record in the buffer that node read it into. */
const record = (): Buffer => Buffer.alloc(64 * 1024, 'x').subarray(0, 16 * 1024);

test('bytes that are kept hold at most twice their size', () => {
  const view = record();
  const kept = keptBytes(view);
  assert.deepEqual(kept, view);
  assert.equal(kept.buffer.byteLength, view.length);
  const most = Buffer.alloc(16 * 1024).subarray(0, 9 * 1024);
  assert.equal(keptBytes(most), most);
});

test('T21 what waits in a stream keeps no more than itself alive', () => {
  const queue = new SendQueue();
  for (let count = 0; count < 16; count++) queue.push(record());
  const held = new Set<ArrayBufferLike>();
  for (let chunk = queue.take(Infinity); chunk !== undefined; chunk = queue.take(Infinity)) held.add(chunk.buffer);
  const bytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.equal(bytes, 256 * 1024);
});
