import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, freePorts, onPath, type RunResult, repositoryRoot, run } from '@drover/testing';
import { startTestHub, type TestHub } from './hub.ts';

/** A NATS server of one's own that asks nobody who he is, as large as the hub needs it. */
async function startOwnNats(folder: string): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await freePorts(1);
  const config = join(folder, 'own-nats.conf');
  const settings = [`host: 127.0.0.1`, `port: ${port}`, 'max_payload: 4MB', `jetstream { store_dir: "${folder}/own" }`];
  await writeFile(config, settings.join('\n'));
  const child = spawn(onPath('nats-server') ?? '/usr/sbin/nats-server', ['-c', config], { stdio: 'ignore' });
  const listens = async (): Promise<boolean> => {
    const socket = connect(port, '127.0.0.1');
    const open = once(socket, 'connect').then(
      () => true,
      () => false,
    );
    return open.finally(() => socket.destroy());
  };
  await eventually(listens);
  return {
    url: `nats://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

describe('drover backup and drover restore', () => {
  const running = new AsyncDisposableStack();
  let folder: string;
  let hub: TestHub;
  let ownNats: string;
  const at = (name: string): string => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drover-backup-command-'));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    ownNats = running.use(await startOwnNats(folder)).url;
    hub = running.use(await startTestHub({ dataDir: at('hub') }));
    await hub.createUser('kept');
    await writeFile(at('passphrase'), 'correct horse battery\n', { mode: 0o600 });
    await writeFile(at('wrong'), 'another one\n', { mode: 0o600 });
  });
  after(() => running.disposeAsync());

  const drover = (...args: string[]): Promise<RunResult> =>
    run(process.execPath, [join(repositoryRoot, 'cli/src/main.ts'), ...args], {
      cwd: folder,
      env: { ...process.env, HOME: folder, DROVER_DATA_DIR: '' },
      timeoutMs: 60_000,
    });
  const withKey = ['--passphrase-file', 'passphrase'];

  test('T31 a hub that runs is backed up into a new file that is its owner’s alone', async () => {
    const made = await drover('backup', 'first.age', '--data-dir', 'hub', ...withKey);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /first\.age: hub \S+ at revision \d+, \d+ objects, \d+ files, \d+ bytes/);
    assert.equal((await stat(at('first.age'))).mode & 0o077, 0);
    const { size } = await stat(at('first.age'));
    const again = await drover('backup', 'first.age', '--data-dir', 'hub', ...withKey);
    assert.notEqual(again.code, 0);
    assert.match(again.stderr, /exists/);
    assert.equal((await stat(at('first.age'))).size, size);
  });

  test('what cannot be done is told, and leaves nothing behind', async () => {
    const before = await readdir(folder);
    for (const [args, why] of [
      [['backup', '--data-dir', 'hub', ...withKey], /say where the backup goes/],
      [['backup', 'x.age', '--data-dir', 'nothing', ...withKey], /nothing/],
      [['backup', 'x.age', '--data-dir', 'hub', '--recipient', 'age1x', ...withKey], /not both/],
      [['backup', 'x.age', '--data-dir', 'hub'], /no terminal to ask on/],
      [['backup', 'x.age', '--data-dir', 'hub', ...withKey, '--nats-url', 'nats://127.0.0.1:1'], /cannot be reached/],
      [['restore', 'first.age', '--data-dir', 'new', '--passphrase-file', 'wrong'], /passphrase/],
      [['restore', 'passphrase', '--data-dir', 'new', ...withKey], /no file of the age format/],
      [['restore', 'first.age', '--data-dir', 'hub', ...withKey], /not empty/],
    ] as const) {
      const { code, stderr } = await drover(...args);
      assert.notEqual(code, 0, args.join(' '));
      assert.match(stderr, why, args.join(' '));
    }
    assert.deepEqual(await readdir(folder), before);
  });

  test('T31 a hub moves to a NATS server of one’s own by --nats-url, and is backed up from there', async () => {
    const creds = ['--nats-url', hub.natsUrl, '--nats-creds', 'hub/nats/creds/backup.creds'];
    const taken = await drover('backup', 'second.age', '--data-dir', 'hub', ...withKey, ...creds, '-o', 'json');
    assert.equal(taken.code, 0, taken.stderr);
    const { manifest } = JSON.parse(taken.stdout);
    const own = ['--nats-url', ownNats, ...withKey];
    const moved = await drover('restore', 'second.age', '--data-dir', 'new', ...own, '--keep-tokens', '-o', 'json');
    assert.equal(moved.code, 0, moved.stderr);
    const restored = JSON.parse(moved.stdout);
    const joinTokens = restored.credentials.joinTokens.length;
    assert.equal(restored.objects + joinTokens, manifest.objects.count);
    assert.ok(restored.revision > manifest.revision);
    const next = await drover('backup', 'third.age', '--data-dir', 'new', ...own, '-o', 'json');
    assert.equal(next.code, 0, next.stderr);
    const after = JSON.parse(next.stdout).manifest;
    assert.deepEqual([after.hub, after.objects.count], [manifest.hub, restored.objects]);
    assert.ok(after.revision >= restored.revision);

    const twice = await drover('restore', 'second.age', '--data-dir', 'newer', ...own);
    assert.notEqual(twice.code, 0);
    assert.match(twice.stderr, /the store holds \d+ objects/);
    await assert.rejects(stat(at('newer')), { code: 'ENOENT' });
  });
});
