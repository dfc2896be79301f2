import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { claimSpool } from './spool-lock.ts';

const folder = await mkdtemp(join(tmpdir(), 'drover-spool-lock-'));
after(() => rm(folder, { recursive: true }));

// No process has this number: Linux ends at 2^22.
const dead = '99999999 1';
const claimers = 8;
const rounds = 5;

for (const left of [dead, '']) {
  test(`of many that find ${left === '' ? 'an empty lock' : 'the lock of a dead process'}, one takes it over`, async () => {
    const name = left === '' ? 'empty' : 'dead';
    for (let round = 0; round < rounds; round++) {
      const file = join(folder, `${name}-${round}`);
      await writeFile(`${file}.lock`, left);
      const locks = await Promise.all(Array.from({ length: claimers }, () => claimSpool(file)));
      const files = new Set(locks.map(lock => lock.file));
      assert.equal(files.size, claimers, [...files].join());
      await Promise.all(locks.map(lock => lock.release()));
    }
    assert.deepEqual(
      (await readdir(folder)).filter(entry => entry.startsWith(name)),
      [],
    );
  });
}

test('an heir that died while he took over is no obstacle', async () => {
  const file = join(folder, 'twice');
  await writeFile(`${file}.lock`, dead);
  // The name of the lock on the inheritance is the hash of what was found: let the first heir leave it behind.
  const inheritance = createHash('sha256').update(dead).digest('hex').slice(0, 8);
  await writeFile(`${file}.lock.${inheritance}`, '99999998 1');
  const lock = await claimSpool(file);
  assert.equal(lock.file, file);
  await lock.release();
});
