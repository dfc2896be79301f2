import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyBackup } from '@drover/backup';
import { eventually } from '@drover/testing';
import { startLocalStack } from '../local-stack.ts';
import { writeNewFile } from './atomic-file.ts';
import { backUpHub } from './back-up.ts';
import { takenAtOf } from './backup-names.ts';

const keys = { kind: 'passphrase', passphrase: 'correct horse battery' } as const;

test('T31 a hub with DROVER_BACKUP_DIR writes backups that can be opened, and stops cleanly', async () => {
  const root = await mkdtemp(join(tmpdir(), 'drover-scheduled-'));
  try {
    const folder = join(root, 'backups');
    const backups = { folder, intervalMs: 3600_000, keep: 2, keys };
    await using hub = await startLocalStack({ dataDir: join(root, 'hub'), logLevel: 'silent', backups });
    const [name = ''] = await eventually(
      async () => {
        const found = (await readdir(folder)).filter(file => takenAtOf(file) !== undefined);
        return found.length === 1 && found;
      },
      { timeoutMs: 60_000 },
    );
    const file = join(folder, name);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const { manifest } = await verifyBackup(file, keys);
    assert.equal(manifest.objects.resources['users'], 1);
    const carried = manifest.files.map(({ path }) => path);
    for (const path of [
      'hub.json',
      'admin-password',
      'keys/identity.json',
      'pki/ca.key',
      'pki/internal-ca.key',
      'nats/authority.json',
    ]) {
      assert.ok(carried.includes(path), path);
    }
    assert.ok(
      !carried.some(path => /state\.|session|kubeconfig|\.creds|jetstream|redis|\.log/.test(path)),
      carried.join(),
    );
    assert.ok(hub.url);
  } finally {
    await rm(root, { recursive: true });
  }
});

test('a backup replaces no file, and leaves nothing where it fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-atomic-'));
  try {
    const target = join(folder, 'hub.age');
    await assert.rejects(backUpHub({ dataDir: folder, target, keys }), { code: 'config-invalid' });
    await assert.rejects(
      writeNewFile(target, async file => {
        file.write('half');
        throw new Error('the disk is full');
      }),
      /disk is full/,
    );
    assert.deepEqual(await readdir(folder), []);
    await writeFile(target, 'mine');
    await assert.rejects(
      writeNewFile(target, async () => assert.fail('was called')),
      { code: 'config-invalid' },
    );
    assert.deepEqual(await readdir(folder), ['hub.age']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
