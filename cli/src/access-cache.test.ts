import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { AccessCache } from './access-cache.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-access-'));
});
afterEach(() => rm(folder, { recursive: true }));

const hub = 'https://hub.example';
const credential = (token: string, expiresAt: string) => ({ token, expiresAt });
const noon = Date.parse('2030-01-01T12:00:00Z');
const soon = '2030-01-01T12:10:00Z';
const later = '2030-01-01T12:20:00Z';

test('credentials are found by session and cluster until they expire, and expired ones are not kept', async () => {
  const cache = new AccessCache(folder, hub);
  assert.equal(await cache.find('s1', '', noon), undefined);
  await cache.keep('s1', '', credential('all', soon), noon);
  await cache.keep('s1', 'alpha', credential('alphas', later), noon);
  assert.equal((await cache.find('s1', '', noon))?.token, 'all');
  assert.equal((await cache.find('s1', 'alpha', noon))?.token, 'alphas');
  assert.equal(await cache.find('s1', 'beta', noon), undefined);
  assert.equal(await cache.find('s2', '', noon), undefined);
  assert.equal(await new AccessCache(folder, `${hub}:8443`).find('s1', '', noon), undefined);
  assert.equal(await cache.find('s1', '', Date.parse(soon)), undefined);
  await cache.keep('s1', 'beta', credential('betas', later), Date.parse(soon));
  const [file = ''] = await readdir(join(folder, 'access'));
  const text = await readFile(join(folder, 'access', file), 'utf8');
  assert.deepEqual(Object.keys(JSON.parse(text).credentials).sort(), ['alpha', 'beta']);
  await cache.keep('s2', '', credential('others', later), noon);
  assert.equal(await cache.find('s1', 'alpha', noon), undefined, 'another session replaces all');
  await cache.forget();
  assert.deepEqual(await readdir(join(folder, 'access')), []);
});

for (const text of [
  '',
  '{',
  '[]',
  'null',
  '{"version":1}',
  '{"version":1,"session":"s1","credentials":{"":{"token":1}}}',
]) {
  test(`a file that holds ${JSON.stringify(text)} is as good as none, and is replaced by one of the owner’s only`, async () => {
    const cache = new AccessCache(folder, hub);
    await cache.keep('s1', '', credential('all', soon), noon);
    const [name = ''] = await readdir(join(folder, 'access'));
    const file = join(folder, 'access', name);
    await writeFile(file, text);
    await chmod(file, 0o644);
    assert.equal(await cache.find('s1', '', noon), undefined);
    await cache.keep('s1', '', credential('new', soon), noon);
    assert.equal((await cache.find('s1', '', noon))?.token, 'new');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });
}
