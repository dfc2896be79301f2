import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { referencePage } from './reference-page.ts';

const path = resolve(import.meta.dirname, '../../../../docs/reference.md');

test('docs/reference.md holds what the declarations say (`npm run generate` writes it)', () => {
  assert.equal(readFileSync(path, 'utf8'), referencePage());
});

test('every field that the hub serves has its line, and says what it is', () => {
  const rows = referencePage()
    .split('\n')
    .filter(line => /^\| `(spec|status)/.test(line));
  assert.ok(rows.some(row => row.startsWith('| `status.conditions[].lastTransitionTime` | date-time, required |')));
  for (const row of rows) assert.match(row, /\| \S.* \|$/, row);
});
