import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DroverError, errorTable, statusOf } from './index.ts';

test('docs/errors.md and the table have the same rows', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const documented = page.split('\n').filter(line => line.startsWith('| `'));
  const expected = Object.entries(errorTable)
    .map(
      ([code, row]) =>
        `| \`${code}\` | ${row.httpStatus} | ${row.reason} | ${row.retryable ? 'yes' : 'no'} | ${row.meaning} |`,
    )
    .sort();
  assert.deepEqual(documented.sort(), expected);
});

test('a Status carries message, reason and code, and no cause', () => {
  const error = new DroverError('cluster-disconnected', 'no agent of cluster "a" is connected', {
    cause: new Error('secret'),
  });
  assert.deepEqual(statusOf(error), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'no agent of cluster "a" is connected',
    reason: 'ServiceUnavailable',
    code: 503,
  });
});

test('an internal error keeps its message to the log', () => {
  const status = statusOf(DroverError.from(new Error('password=hunter2')));
  assert.equal(status.code, 500);
  assert.doesNotMatch(JSON.stringify(status), /hunter2/);
});
