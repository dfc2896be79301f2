import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DroverError } from '@drover/errors';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import {
  type BackupContents,
  type BackupFile,
  type BackupRecord,
  type ObjectChange,
  readBackup,
  verifyBackup,
  writeBackup,
} from './index.ts';

let folder: string;
let identity: string;
let recipient: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-backup-'));
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});
after(() => rm(folder, { recursive: true }));

const sealing = () => ({ kind: 'recipients', recipients: [recipient] }) as const;
const opening = () => ({ kind: 'identities', identities: [identity] }) as const;
const passphrase = { kind: 'passphrase', passphrase: 'correct horse battery' } as const;

async function* changes(list: readonly ObjectChange[], revision: number): AsyncGenerator<ObjectChange, number, void> {
  yield* list;
  return revision;
}

const files: BackupFile[] = [
  { path: 'hub.json', data: Buffer.from('{"id":"hub-1"}') },
  { path: 'pki/ca.key', data: Buffer.from([0, 255, 10, 13]) },
];
const put = (key: string, revision: number, value = `{"of":"${key}"}`): ObjectChange => ({
  key,
  revision,
  value: Buffer.from(value),
});
const contents = (list: readonly ObjectChange[], revision = 9): BackupContents => ({
  hub: 'hub-1',
  takenAt: '2030-01-01T00:00:00Z',
  by: '0.1.0',
  files,
  objects: changes(list, revision),
});
const some = [put('clusters._.a', 2), put('users._.u', 4), put('clusters._.b', 5), put('clusters._.a', 7, '{"ü":1}')];

async function written(
  name: string,
  list: readonly ObjectChange[] = some,
  keys: Parameters<typeof writeBackup>[1] = sealing(),
) {
  const path = join(folder, name);
  const manifest = await writeBackup(createWriteStream(path), keys, contents(list));
  return { path, manifest };
}

async function recordsOf(path: string): Promise<BackupRecord[]> {
  const found: BackupRecord[] = [];
  for await (const record of readBackup(path, opening())) found.push(record);
  return found;
}

const refused = (what: Promise<unknown>, message: RegExp, code = 'backup-invalid') =>
  assert.rejects(what, (error: unknown) => {
    assert.ok(error instanceof DroverError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });

test('what is written is read again, byte by byte, and counted', async () => {
  const odd = { key: 'users._.odd', revision: 8, value: Buffer.from([0xff, 0xfe]) };
  const { path, manifest } = await written('whole', [...some, odd, { key: 'clusters._.b', revision: 9 }]);
  assert.deepEqual(manifest.objects.resources, { clusters: 1, users: 2 });
  assert.equal(manifest.objects.count, 3);
  assert.equal(manifest.revision, 9);
  const records = await recordsOf(path);
  const read = records.flatMap(record => (record.kind === 'file' ? [record.file] : []));
  assert.deepEqual(
    read.map(({ path: name, data }) => [name, [...data]]),
    files.map(({ path: name, data }) => [name, [...data]]),
  );
  const values = records.flatMap(record => (record.kind === 'object' ? [record.change] : []));
  assert.deepEqual(values.at(-2), odd);
  assert.equal(Buffer.from(values[3]?.value ?? []).toString(), '{"ü":1}');
  const summary = await verifyBackup(path, opening());
  assert.deepEqual([...summary.live].sort(), [
    ['clusters._.a', 7],
    ['users._.odd', 8],
    ['users._.u', 4],
  ]);
  assert.deepEqual(summary.manifest, manifest);
});

test('a passphrase opens it, and another one does not', async () => {
  const { path, manifest } = await written('passphrase', some, passphrase);
  assert.deepEqual((await verifyBackup(path, passphrase)).manifest, manifest);
  await refused(
    verifyBackup(path, { kind: 'passphrase', passphrase: 'correct horse batterz' }),
    /passphrase does not open/,
  );
  await refused(verifyBackup(path, opening()), /identity does not open/);
});

test('a key that does not fit, or is none, is told', async () => {
  const { path } = await written('keys');
  const other = await generateX25519Identity();
  await refused(verifyBackup(path, { kind: 'identities', identities: [other] }), /identity does not open/);
  const junk = 'AGE-SECRET-KEY-1SECRET';
  await assert.rejects(verifyBackup(path, { kind: 'identities', identities: [junk] }), (error: Error) => {
    assert.ok(!error.message.includes(junk));
    return error instanceof DroverError && error.code === 'config-invalid';
  });
  await refused(written('short', some, { kind: 'passphrase', passphrase: 'short' }), /12 characters/, 'config-invalid');
  await refused(
    written('nobody', some, { kind: 'recipients', recipients: ['age1x'] }),
    /no age recipient/,
    'config-invalid',
  );
});

test('a file that was cut anywhere is refused', async () => {
  const many = Array.from({ length: 12_000 }, (_, at) =>
    put(`users._.u${at}`, at + 1, JSON.stringify({ at: Math.sin(at) })),
  );
  const { path } = await written('to-cut', many);
  const bytes = await readFile(path);
  assert.ok(bytes.length > 2 * 65_536, 'more than one chunk of age');
  const cut = join(folder, 'cut');
  // in the magic, the header, the first chunk, at the border of a chunk, before the end
  for (const length of [0, 10, 100, 5_000, bytes.length - 65_536, bytes.length - 1]) {
    await writeFile(cut, bytes.subarray(0, length));
    await refused(verifyBackup(cut, opening()), /./);
  }
});

test('a file of which one bit was changed is refused, wherever it is', async () => {
  const { path } = await written('to-change');
  const bytes = await readFile(path);
  const changed = join(folder, 'changed');
  for (let at = 0; at < bytes.length; at += 17) {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    await writeFile(changed, copy);
    await refused(verifyBackup(changed, opening()), /./);
  }
  await writeFile(changed, Buffer.concat([bytes, Buffer.from('x')]));
  await refused(verifyBackup(changed, opening()), /cut or changed/);
});

/** What somebody makes who knows the recipient, and so can encrypt. */
async function forged(change: (lines: string[]) => string[]): Promise<string> {
  const { path } = await written('to-forge');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const plain = gunzipSync(await decrypter.decrypt(await readFile(path))).toString('utf8');
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const lines = change(plain.trimEnd().split('\n'));
  const target = join(folder, 'forged');
  await writeFile(target, await encrypter.encrypt(gzipSync(lines.map(line => `${line}\n`).join(''))));
  return target;
}

const forgeries: Readonly<Record<string, readonly [change: (lines: string[]) => string[], said: RegExp]>> = {
  'an object left out': [lines => lines.toSpliced(4, 1), /manifest says/],
  'a file left out': [lines => lines.toSpliced(1, 1), /manifest says/],
  'a file changed': [lines => lines.with(1, '{"file":"hub.json","data":"e30="}'), /manifest says/],
  'no manifest': [lines => lines.slice(0, -1), /no end/],
  'more after the manifest': [lines => [...lines, lines[3] ?? ''], /after its manifest/],
  'no header': [lines => lines.slice(1), /no header/],
  'a later format': [lines => lines.with(0, (lines[0] ?? '').replace('"version":1', '"version":2')), /version 2/],
  'a file outside of the folder': [lines => lines.with(1, '{"file":"../hub.json","data":"e30="}'), /name/],
  'an absolute file': [lines => lines.with(1, '{"file":"/etc/passwd","data":"e30="}'), /name/],
  'a line that is no JSON': [lines => lines.with(2, '{'), /no JSON/],
  'objects out of order': [lines => [...lines.slice(0, 3), lines[4] ?? '', lines[3] ?? '', ...lines.slice(5)], /order/],
};
for (const [what, [change, said]] of Object.entries(forgeries)) {
  test(`a backup with ${what} is refused`, async () => {
    await refused(verifyBackup(await forged(change), opening()), said);
  });
}

test('other files are told from backups', async () => {
  const path = join(folder, 'other');
  await writeFile(path, 'age is a number');
  await refused(verifyBackup(path, opening()), /age format/);
  await refused(verifyBackup(join(folder, 'missing'), opening()), /cannot be read/, 'config-invalid');
});

test('a failure of the store ends the backup with that failure', async () => {
  const failing = async function* (): AsyncGenerator<ObjectChange, number, void> {
    yield put('users._.a', 1);
    throw new DroverError('store-unavailable', 'it went away');
  };
  const backup = writeBackup(createWriteStream(join(folder, 'failing')), sealing(), {
    ...contents([]),
    objects: failing(),
  });
  await refused(backup, /went away/, 'store-unavailable');
});

test('it is read without Drover: age, gzip, lines of JSON', async () => {
  const { path } = await written('plain');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const plain = gunzipSync(await decrypter.decrypt(await readFile(path)));
  const lines = (await text(Readable.from([plain]))).trimEnd().split('\n');
  assert.deepEqual(
    lines.map(line => Object.keys(JSON.parse(line))[0]),
    ['drover', 'file', 'file', 'key', 'key', 'key', 'key', 'manifest'],
  );
});
