import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { newSigningKey } from '@drover/identity';
import { runCommand } from './run-for-tests.ts';

const now = '2026-11-25T12:00:00.000Z';
let folder: string;

/** The data folder of a hub, as far as its keys go. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-keys-'));
  const { publicJwk, ...key } = await newSigningKey();
  await mkdir(join(folder, 'keys'));
  await writeFile(join(folder, 'hub.json'), JSON.stringify({ id: 'hub-1', ports: {} }));
  await writeFile(join(folder, 'keys/identity.json'), JSON.stringify(key));
  await writeFile(join(folder, 'keys/identity.jwks.json'), JSON.stringify({ keys: [publicJwk] }));
});
afterEach(() => rm(folder, { recursive: true }));

const drover = (...args: string[]) => runCommand(args, { folder, dataFolder: folder, now });

test('keys rotate says when the new key signs, and until when the old one verifies', async () => {
  const { code, stdout, stderr } = await drover('keys', 'rotate', 'identity', '--overlap', '1h');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /signs from 2026-11-25T12:01:00\.000Z on; the one before verifies until 2026-11-25T13:01:00/);
  assert.match(stderr, /backup/);
  const signing = JSON.parse(await readFile(join(folder, 'keys/identity.json'), 'utf8'));
  const published = JSON.parse(await readFile(join(folder, 'keys/identity.jwks.json'), 'utf8'));
  assert.deepEqual(
    published.keys.map((key: { kid: string }) => key.kid),
    [signing.kid, signing.next.kid],
  );
  assert.equal((await stat(join(folder, 'keys/identity.json'))).mode & 0o777, 0o600);
  assert.doesNotMatch(JSON.stringify(published), /"d":/);
});

test('a second rotation before the new key signs is refused, and so is a folder without such keys', async () => {
  await drover('keys', 'rotate', 'identity');
  const again = await drover('keys', 'rotate', 'identity');
  assert.equal(again.code, 1);
  assert.match(again.stderr, /a rotation is under way: its key signs from 2026-11-25T12:01:00\.000Z on/);
  const none = await drover('keys', 'rotate', 'session');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /holds no session keys; start the hub once/);
  const other = await drover('keys', 'rotate', 'command');
  assert.equal(other.code, 2);
});

test('a rotation that a crash has cut short is ended by the next start or rotation', async () => {
  const { publicJwk, ...key } = await newSigningKey();
  const journal = { signing: key, published: { keys: [publicJwk], seq: 1, announcements: [] } };
  await writeFile(join(folder, 'keys/identity.rotation.json'), JSON.stringify(journal));
  const { code, stderr } = await drover('keys', 'rotate', 'identity', '-o', 'json');
  assert.equal(code, 0, stderr);
  const signing = JSON.parse(await readFile(join(folder, 'keys/identity.json'), 'utf8'));
  assert.equal(signing.kid, key.kid);
  await assert.rejects(stat(join(folder, 'keys/identity.rotation.json')), { code: 'ENOENT' });
});
