import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tryLock, waitForLock } from './file-lock.ts';

const folder = await mkdtemp(join(tmpdir(), 'drover-file-lock-'));
after(() => rm(folder, { recursive: true }));

// No process has this number: Linux ends at 2^22.
const dead = '99999999 1';

for (const [what, left] of [
  ['the lock of a dead process', dead],
  ['the lock of a process whose number was given to another', `${process.ppid} 1`],
  ['an empty lock', ''],
] as const) {
  test(`of many that find ${what}, one takes it over`, async () => {
    for (let round = 0; round < 5; round++) {
      const path = join(folder, 'stale.lock');
      await writeFile(path, left);
      const locks = await Promise.all(Array.from({ length: 8 }, () => tryLock(path)));
      assert.equal(locks.filter(lock => lock !== undefined).length, 1);
      for (const lock of locks) await lock?.release();
      assert.deepEqual(await readdir(folder), []);
    }
  });
}

test('an heir that died while he took over is no obstacle', async () => {
  const path = join(folder, 'twice.lock');
  await writeFile(path, dead);
  // The name of the lock on the inheritance is the hash of what was found: let the first heir leave it behind.
  await writeFile(`${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 8)}`, '99999998 1');
  await using lock = await tryLock(path);
  assert.ok(lock);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('of many that wait, one after the other holds it', async () => {
  const path = join(folder, 'queue.lock');
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    await using _ = await waitForLock(path, { timeoutMs: 30_000 });
    most = Math.max(most, ++inside);
    await stat(path);
    inside--;
  };
  await Promise.all(Array.from({ length: 12 }, work));
  assert.equal(most, 1);
});

test('who waits gives up in time, or when told to', async () => {
  const path = join(folder, 'held.lock');
  await using held = await tryLock(path);
  assert.ok(held);
  await assert.rejects(waitForLock(path, { timeoutMs: 0 }), { code: 'conflict' });
  const abort = new AbortController();
  const waiting = waitForLock(path, { timeoutMs: 60_000, signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});
