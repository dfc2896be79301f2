import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alone, compared, median, reached, tableOf } from './figure.ts';

test('an aim bounds the ratio where there is one, and else the value, on the good side', () => {
  assert.equal(reached(compared('a', 'x', 'higher', { value: 80, beside: 100, aim: 0.8 })), true);
  assert.equal(reached(compared('a', 'x', 'higher', { value: 79, beside: 100, aim: 0.8 })), false);
  assert.equal(reached(compared('a', 'x', 'lower', { value: 131, beside: 100, aim: 1.3 })), false);
  assert.equal(reached(alone('a', 'MB', 'lower', { value: 16, aim: 16 })), true);
  assert.equal(reached(alone('a', 'MB', 'lower', { value: 17, aim: 16 })), false);
  assert.equal(reached(alone('a', 'MB', 'lower', { value: 17 })), undefined);
});

test('the median is one of the values', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2);
  assert.throws(() => median([]), /nothing/);
});

test('the table says which aim was missed', () => {
  const table = tableOf([compared('requests/s', '/s', 'higher', { value: 7_000, beside: 10_000, aim: 0.8 })]);
  assert.match(table, /\| requests\/s +\| 7,000 \/s +\| 10,000 \/s +\| 0.70× +\| ≥ 0.8× \(missed\) \|$/);
});
