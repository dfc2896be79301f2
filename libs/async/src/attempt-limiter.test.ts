import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptLimiter } from './attempt-limiter.ts';
import { ManualClock } from './manual-clock.ts';

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Attempts whose outcome the test decides, in the order in which they run. */
function world() {
  const clock = new ManualClock();
  const limiter = new AttemptLimiter(clock, { maxFailures: 3, windowMs: 1000, maxKeys: 2 });
  const running: ((succeeded: boolean) => void)[] = [];
  const begin = (key = 'alice') => limiter.run(key, () => new Promise(resolve => running.push(resolve)));
  const fail = async (key = 'alice') => assert.equal(await limiter.run(key, async () => false), false);
  const refused = (key = 'alice') => assert.rejects(begin(key), { code: 'too-many-requests' });
  return { clock, running, begin, fail, refused };
}

test('failures are counted until their window is over, or one succeeds', async () => {
  const { clock, running, begin, fail, refused } = world();
  for (let attempt = 0; attempt < 3; attempt++) await fail();
  await refused();
  clock.advance(1000);
  await fail();
  await fail();
  const right = begin();
  await turn();
  running.shift()?.(true);
  assert.equal(await right, true);
  for (let attempt = 0; attempt < 3; attempt++) await fail();
  await refused();
});

test('T13 of attempts in parallel no more run than may fail; the others wait for them', async () => {
  const { running, begin } = world();
  const all = Promise.allSettled(Array.from({ length: 5 }, () => begin()));
  await turn();
  assert.equal(running.length, 3);
  for (const settle of running.splice(0)) settle(true);
  await turn();
  assert.equal(running.length, 2);
  for (const settle of running.splice(0)) settle(true);
  assert.deepEqual(new Set((await all).map(({ status }) => status)), new Set(['fulfilled']));
});

test('T13 guesses that wait are refused when those before them have failed', async () => {
  const { running, begin } = world();
  const all = Promise.allSettled(Array.from({ length: 5 }, () => begin()));
  await turn();
  for (const settle of running.splice(0)) settle(false);
  assert.equal((await all).filter(({ status }) => status === 'rejected').length, 2);
  assert.equal(running.length, 0);
});

test('what waits is bounded, and so is what is remembered', async () => {
  const { running, begin, fail, refused } = world();
  const all = Promise.allSettled(Array.from({ length: 103 }, () => begin()));
  await turn();
  await refused();
  while (running.length > 0) {
    for (const settle of running.splice(0)) settle(true);
    await turn();
  }
  await all;
  for (let attempt = 0; attempt < 3; attempt++) await fail('a');
  await refused('a');
  await fail('b');
  await fail('c');
  await fail('a'); // forgotten
});
