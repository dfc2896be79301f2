import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Column, ResourceType } from './resource-type.ts';
import { ageOf, humanDuration, tableOf } from './table.ts';
import { widgets } from './widgets-for-tests.ts';

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

test('the age stands before the columns that only -o wide shows', () => {
  const column = (name: string, priority?: number): Column => ({
    ...{ name, type: 'string', description: name, cell: () => name },
    ...(priority === undefined ? {} : { priority }),
  });
  const type = { ...widgets, columns: [column('a'), column('w', 1), column('b')] } as ResourceType;
  const metadata = { name: 'x', uid: '', resourceVersion: '', creationTimestamp: '' };
  const object = { apiVersion: 'example.dev/v1', kind: 'Widget', metadata };
  const table = tableOf(type, [object], { nowMs: 0, include: 'None', metadata: {} });
  const names = (table['columnDefinitions'] as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ['Name', 'a', 'b', 'Age', 'w']);
  assert.deepEqual((table['rows'] as { cells: string[] }[])[0]?.cells, ['x', 'a', 'b', '<unknown>', 'w']);
});
