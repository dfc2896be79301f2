import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import { createLogger } from '@drover/telemetry';
import { TokenUses, type UseBatch, useLimits } from './token-uses.ts';

function world() {
  const clock = new ManualClock();
  const sent: UseBatch[] = [];
  let answer = async (): Promise<void> => {};
  const uses = new TokenUses({
    clock,
    logger: createLogger({ name: 'test', destination: { write: () => {} } }),
    send: async batch => {
      await answer();
      sent.push(batch);
    },
  });
  return {
    clock,
    sent,
    uses,
    answer: (next: () => Promise<void>) => {
      answer = next;
    },
  };
}

test('T30 however often tokens are used, a batch in thirty seconds tells of it', async () => {
  const { clock, sent, uses } = world();
  for (let n = 0; n < 10_000; n++) uses.note(`token${n % 3}`, n);
  clock.advance(useLimits.periodMs - 1);
  assert.equal(sent.length, 0);
  clock.advance(1);
  await uses.flush();
  const told = [
    ['token0', 9999],
    ['token1', 9997],
    ['token2', 9998],
  ];
  assert.deepEqual(
    sent.map(({ uses: pairs }) => [...pairs].sort()),
    [told],
  );
  clock.advance(useLimits.periodMs);
  await uses.close();
  assert.equal(sent.length, 1, 'nothing to tell, nothing sent');
  assert.equal(clock.pending, 0);
});

test('T30 what cannot be told now is told later, and noting never fails', async () => {
  const { sent, uses, answer } = world();
  answer(() => Promise.reject(new Error('NATS is away')));
  for (let n = 0; n < useLimits.maxTokens + 5; n++) uses.note(`token${n}`, 1);
  await uses.flush();
  assert.equal(sent.length, 0);
  answer(async () => uses.note('token0', 2)); // used again while its batch is under way
  await uses.close();
  const told = sent.flatMap(({ uses: pairs }) => pairs);
  assert.equal(told.length, useLimits.maxTokens);
  assert.ok(sent.every(({ uses: pairs }) => pairs.length <= useLimits.maxBatch));
  await uses.flush();
  assert.deepEqual(sent.at(-1)?.uses, [['token0', 2]]);
});
