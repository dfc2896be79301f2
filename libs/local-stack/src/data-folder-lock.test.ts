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

// No process has this number: Linux ends at 2^22.
const dead = '99999999';

test('the folder of a hub that was killed is taken over, and says who runs on it now', async () => {
  await writeFile(join(folder, 'state.json'), JSON.stringify({ pid: Number(dead), url: 'https://127.0.0.1:9' }));
  await writeFile(join(folder, 'state.lock'), `${dead} 1`);
  {
    await using lock = await lockDataFolder(folder);
    const state = (): Promise<string> => readFile(join(folder, 'state.json'), 'utf8');
    assert.equal(await state(), `{"pid":${process.pid}}`);
    await lock.publish({ url: 'https://127.0.0.1:1', services: ['a'] });
    assert.match(await state(), new RegExp(`"pid":${process.pid}.*127\\.0\\.0\\.1:1`));
    await assert.rejects(lockDataFolder(folder), {
      code: 'config-invalid',
      message: new RegExp(`process ${process.pid}, https://127\\.0\\.0\\.1:1`),
    });
  }
  assert.deepEqual(await readdir(folder), []);
});

test('of many that take a stale lock one gets it, and nothing is left when it lets go', async () => {
  await writeFile(join(folder, 'state.lock'), `${dead} 1`);
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataFolder(folder)));
  const taken = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  assert.equal(taken.length, 1);
  for (const lock of taken) await lock[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(folder), []);
});
