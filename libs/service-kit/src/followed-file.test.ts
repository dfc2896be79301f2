import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ManualClock } from '@drover/async';
import { createLogger } from '@drover/telemetry';
import { FollowedFile } from './followed-file.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-followed-'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('a file that changes is taken in; one that says nonsense, or is gone, leaves what was', async () => {
  const path = join(folder, 'file.json');
  const clock = new ManualClock();
  const logger = createLogger({ name: 'test', level: 'silent' });
  const heard: unknown[] = [];
  let changed = Promise.withResolvers<void>();
  await writeFile(path, '1');
  const file = await FollowedFile.open<unknown>({
    path,
    logger,
    clock,
    read: text => JSON.parse(text),
    onChange: value => {
      heard.push(value);
      changed.resolve();
    },
  });
  assert.equal(file.current, 1);
  await writeFile(path, '{');
  clock.advance(2_000);
  await rm(path);
  clock.advance(2_000);
  await writeFile(path, '2');
  clock.advance(2_000);
  await changed.promise;
  await writeFile(path, '3');
  changed = Promise.withResolvers();
  clock.advance(2_000);
  await changed.promise;
  await file.close();
  assert.equal(file.current, 3);
  assert.deepEqual(heard.at(-1), 3);
  assert.equal(clock.pending, 0);
});

test('a file that cannot be read at first is a wrong setting', async () => {
  const options = { path: join(folder, 'none'), read: String, logger: createLogger({ name: 'test', level: 'silent' }) };
  await assert.rejects(FollowedFile.open(options), { code: 'config-invalid' });
});
