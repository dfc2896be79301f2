import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HealthCheck, healthAnswer } from './health.ts';

const checks: HealthCheck[] = [
  { name: 'ping', of: ['healthz', 'livez', 'readyz'], why: () => undefined },
  { name: 'store', of: ['healthz', 'readyz'], why: () => 'no connection to 10.0.0.1' },
];

test('all well is a word, and a line for each check where that is asked for', () => {
  assert.deepEqual(healthAnswer(checks, '/livez', ''), { status: 200, text: 'ok' });
  assert.deepEqual(healthAnswer(checks, '/livez', 'verbose'), {
    status: 200,
    text: '[+]ping ok\nlivez check passed\n',
  });
  assert.deepEqual(healthAnswer(checks, '/livez/ping', ''), { status: 200, text: 'ok' });
});

test('a failure is told by the name of its check; why is for the log only', () => {
  const told: string[] = [];
  const answer = (path: string, query = '') =>
    healthAnswer(checks, path, query, (name, why) => void told.push(`${name}: ${why}`));
  assert.deepEqual(answer('/readyz'), {
    status: 500,
    text: '[+]ping ok\n[-]store failed: reason withheld\nreadyz check failed\n',
  });
  assert.equal(answer('/readyz/store')?.status, 500);
  assert.doesNotMatch(answer('/readyz/store')?.text ?? '', /10\.0/);
  assert.deepEqual([...new Set(told)], ['store: no connection to 10.0.0.1']);
  assert.deepEqual(answer('/readyz', 'verbose&exclude=store&exclude=nothing'), {
    status: 200,
    text: [
      '[+]ping ok',
      '[+]store excluded: ok',
      'warn: some health checks cannot be excluded: no matches for "nothing"',
      'readyz check passed\n',
    ].join('\n'),
  });
});

test('a check may say more of itself where that is asked for', () => {
  const said = [{ name: 'durability', of: ['readyz'], why: () => undefined, says: () => 'synced' }] as const;
  assert.deepEqual(healthAnswer(said, '/readyz', 'verbose')?.text, '[+]durability ok: synced\nreadyz check passed\n');
});

test('what is no check is not found, and other paths are not health', () => {
  assert.equal(healthAnswer(checks, '/livez/store', '')?.status, 404);
  assert.equal(healthAnswer(checks, '/livez/ping/more', ''), undefined);
  assert.equal(healthAnswer(checks, '/metrics', ''), undefined);
});
