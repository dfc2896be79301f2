import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, humanDuration } from './table.ts';

test('durations are written as kubectl writes them', () => {
  const second = 1000;
  const [minute, hour, day] = [60 * second, 3600 * second, 86_400 * second];
  const cases: [number, string][] = [
    [-5 * second, '<invalid>'],
    [-second, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [2 * minute + second, '2m1s'],
    [10 * minute + second, '10m'],
    [3 * hour, '3h'],
    [3 * hour + minute, '3h1m'],
    [8 * hour + minute, '8h'],
    [2 * day, '2d'],
    [2 * day + hour, '2d1h'],
    [9 * day + hour, '9d'],
    [730 * day, '2y'],
    [731 * day, '2y1d'],
    [365 * 9 * day, '9y'],
  ];
  for (const [ms, text] of cases) assert.equal(humanDuration(ms), text);
  assert.equal(ageOf(undefined, 0), '<unknown>');
  assert.equal(ageOf('1970-01-01T00:00:00Z', 5000), '5s');
});
