import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lockDataFolder } from './data-folder-lock.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-lock-'));
});
after(() => rm(folder, { recursive: true }));

const state = () => join(folder, 'state.json');

for (const [what, text] of [
  ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: '1' })],
  ['a number that was given to another process', JSON.stringify({ pid: process.ppid, started: '1' })],
  ['a file that was cut', '{"pid":'],
] as const) {
  test(`the lock of ${what} is taken over`, async () => {
    await writeFile(state(), text);
    await using lock = await lockDataFolder(folder);
    await lock.publish({ url: 'https://127.0.0.1:1', services: ['a'] });
    assert.match(await readFile(state(), 'utf8'), new RegExp(`"pid":${process.pid}.*127\\.0\\.0\\.1:1`));
  });
}

test('of many that take a stale lock one gets it, and nothing is left when it lets go', async () => {
  await writeFile(state(), JSON.stringify({ pid: 2 ** 22 + 1, started: '1' }));
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataFolder(folder)));
  const taken = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  assert.equal(taken.length, 1);
  for (const lock of taken) await lock[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(folder), []);
});
