import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, every, ManualClock, pause } from './index.ts';

test('backoff doubles with jitter, up to its limit, and starts anew after a success', () => {
  const low = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 0 });
  assert.deepEqual([low.next(), low.next(), low.next(), low.next(), low.next()], [50, 100, 200, 400, 500]);
  low.reset();
  assert.equal(low.next(), 50);
});

test('every fires once a period until it is cancelled', () => {
  const clock = new ManualClock();
  let fired = 0;
  const cancel = every(clock, 10, () => fired++);
  clock.advance(35);
  assert.equal(fired, 3);
  cancel();
  clock.advance(100);
  assert.equal(fired, 3);
  assert.equal(clock.pending, 0);
});

test('an aborted pause rejects with the reason and leaves no timer', async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const waiting = pause(1000, abort.signal, clock);
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  assert.equal(clock.pending, 0);
});
