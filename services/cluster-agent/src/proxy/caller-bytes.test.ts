import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { CallerBytes, callerBytesLimits as limits } from './caller-bytes.ts';

function sending() {
  const clock = new ManualClock();
  const sent: string[] = [];
  const bytes = new CallerBytes(chunk => sent.push(chunk.toString()), clock);
  return { clock, sent, bytes, send: (text: string) => bytes.send(Buffer.from(text)) };
}

test('what a caller sends goes at once while he keeps up with the answer', () => {
  const { sent, bytes, send } = sending();
  send('a');
  bytes.answered();
  send('b');
  assert.deepEqual(sent, ['a', 'b']);
});

test('what a caller sends waits while the answer is ahead of him, and goes in order when that is read', () => {
  const { clock, sent, bytes, send } = sending();
  bytes.answered();
  bytes.paused();
  send('a');
  clock.advance(limits.settledMs * 3);
  bytes.resumed();
  send('b');
  bytes.answered();
  clock.advance(limits.settledMs - 1);
  assert.deepEqual(sent, []);
  clock.advance(limits.settledMs);
  send('c');
  assert.deepEqual(sent, ['a', 'b', 'c']);
});

test('what a caller sends waits no longer than is stated, though nobody reads the answer', () => {
  const { clock, sent, bytes, send } = sending();
  bytes.paused();
  send('^C');
  clock.advance(limits.heldMs - limits.settledMs);
  assert.deepEqual(sent, []);
  clock.advance(limits.settledMs);
  assert.deepEqual(sent, ['^C']);
});

test('an upload does not wait, nor what was sent before it', () => {
  const { sent, bytes, send } = sending();
  bytes.paused();
  send('a');
  send('x'.repeat(limits.heldBytes));
  assert.deepEqual(sent, ['a', 'x'.repeat(limits.heldBytes)]);
});

test('T22 nothing waits for a connection that is gone', () => {
  const { clock, sent, bytes, send } = sending();
  bytes.paused();
  send('a');
  bytes.drop();
  clock.advance(limits.heldMs);
  assert.deepEqual(sent, []);
  assert.equal(clock.pending, 0);
});
