import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { claimSpool } from './spool-lock.ts';

const folder = await mkdtemp(join(tmpdir(), 'drover-spool-lock-'));
after(() => rm(folder, { recursive: true }));

test('each of many processes gets a spool of its own, those of dead ones first', async () => {
  const file = join(folder, 'spool');
  // No process has this number: Linux ends at 2^22.
  await writeFile(`${file}.lock`, '99999999 1');
  const locks = await Promise.all(Array.from({ length: 8 }, () => claimSpool(file)));
  const files = new Set(locks.map(lock => lock.file));
  assert.equal(files.size, locks.length, [...files].join());
  assert.ok(files.has(file));
  await Promise.all(locks.map(lock => lock.release()));
  const again = await claimSpool(file);
  assert.equal(again.file, file);
  await again.release();
});
