import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ConfigStore } from './config-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const hub = (id: string) => ({ id, session: { credential: 'c', id: 'i', user: 'u', endsAt: 'e' } });

test('nothing is kept at first', async () => {
  assert.deepEqual(await new ConfigStore(join(folder, 'none')).read(), { version: 2, hubs: {} });
});

test('changes that are made at once are all kept, and leave nothing beside the file', async () => {
  const urls = Array.from({ length: 8 }, (_, at) => `https://hub-${at}`);
  await Promise.all(
    urls.map(url =>
      new ConfigStore(folder).update(config => ({ ...config, hubs: { ...config.hubs, [url]: hub(url) } })),
    ),
  );
  assert.deepEqual(Object.keys((await new ConfigStore(folder).read()).hubs).sort(), urls);
  assert.deepEqual(await readdir(folder), ['config.json']);
});

test('folder and file are their owner’s only, also where they were not', async () => {
  const store = new ConfigStore(folder);
  await chmod(folder, 0o755);
  await writeFile(store.path, '{"version":1,"hubs":{}}', { mode: 0o644 });
  await store.update(config => config);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal((await stat(store.path)).mode & 0o777, 0o600);
});

test('a change that fails changes nothing, and lets go of the lock', async () => {
  const store = new ConfigStore(folder);
  await assert.rejects(
    store.update(() => {
      throw new Error('no');
    }),
    /no/,
  );
  await store.update(config => ({ ...config, currentHub: 'https://a' }));
  assert.equal((await store.read()).currentHub, 'https://a');
});

test('of the version that kept tokens, the hubs are known and the tokens are left out', async () => {
  const store = new ConfigStore(folder);
  const hubs = { 'https://a': { id: 'a', ca: 'pem', session: { token: 't', name: 'n', user: 'u', expiresAt: 'e' } } };
  await writeFile(store.path, JSON.stringify({ version: 1, currentHub: 'https://a', hubs }));
  assert.deepEqual(await store.read(), {
    version: 2,
    currentHub: 'https://a',
    hubs: { 'https://a': { id: 'a', ca: 'pem' } },
  });
});

const damaged = [
  '',
  'hush',
  '[]',
  '{"version":3,"hubs":{}}',
  '{"version":1}',
  '{"version":1,"hubs":{"https://a":{"id":1}}}',
  '{"version":2,"hubs":{"https://a":{"id":"a","session":{"credential":"hush"}}}}',
];
for (const text of damaged) {
  test(`T19: a damaged file is told by its path and not repeated: ${text}`, async () => {
    const store = new ConfigStore(folder);
    await writeFile(store.path, text);
    await assert.rejects(store.read(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'config-invalid');
      assert.match(error.message, /config\.json is damaged/);
      return !error.message.includes('hush');
    });
  });
}
