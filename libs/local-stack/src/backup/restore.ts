import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type BackupManifest,
  type BackupRecord,
  type BackupSummary,
  type ObjectChange,
  type OpeningKeys,
  readBackup,
  verifyBackup,
} from '@drover/backup';
import { ensureHubStreams } from '@drover/bus';
import { DroverError } from '@drover/errors';
import { findServer } from '../find-server.ts';
import { ensureNatsAuthority } from '../nats-authority.ts';
import { startNats } from '../nats-server.ts';
import { ensureFolder, readText, writeSecret } from '../secret-files.ts';
import { syncFolder } from './atomic-file.ts';
import { CredentialGate, type CredentialReport } from './credentials.ts';
import { connectTo } from './hub-store.ts';
import { type RestoreStore, restoreObjects } from './restore-objects.ts';

/**
 * How far a restored store goes on behind the backup's revision (as `etcdutl snapshot restore --bump-revision`). What the
 * lost hub wrote after the backup is fewer than this, so that no resourceVersion that a client may hold comes again with
 * another meaning: an old one is `410 Gone` on a watch and a conflict on a write. It costs nothing; 2^53 has room for
 * millions of restores.
 */
export const revisionLeap = 1_000_000_000;

export interface RestoreOptions {
  readonly file: string;
  readonly keys: OpeningKeys;
  /** Must not exist, or be empty. */
  readonly dataDir: string;
  /** Restores bearer tokens too, of which some may have been revoked since. */
  readonly keepTokens?: boolean;
  /** A NATS server of yours for the objects, and the folder with `setup.creds` and `fleet-api.creds` where it asks. */
  readonly nats?: { readonly url: string; readonly credsDir?: string };
  readonly nowMs?: number;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A hub that was restored. */
export interface Restored {
  readonly dataDir: string;
  readonly manifest: BackupManifest;
  readonly restoredAt: string;
  /** Objects that were written; the manifest counts those that the backup holds. */
  readonly objects: number;
  /** The store's revision now. */
  readonly revision: number;
  readonly keptTokens: boolean;
  /** What was live in the backup. */
  readonly credentials: CredentialReport;
}

/** Starting NATS, and writing the objects of a large hub. */
const connectTimeoutMs = 30_000;

/**
 * Restores a hub from a backup into an empty data folder. The whole backup is read and verified first; then the folder is
 * made beside its place, and gets its name when everything is in it: what fails leaves nothing.
 *
 * @throws DroverError `backup-invalid`, `config-invalid` (the folder is not empty), `conflict` (the NATS of yours holds objects)
 */
export async function restoreHub(options: RestoreOptions): Promise<Restored> {
  const { file, keys, keepTokens = false, nowMs = Date.now(), signal } = options;
  const dataDir = resolve(options.dataDir);
  await requireEmpty(dataDir);
  const summary = await verifyBackup(file, keys, signal);
  const { manifest } = summary;
  requireRoom(manifest);
  await mkdir(dirname(dataDir), { recursive: true });
  const beside = join(dirname(dataDir), `.${basename(dataDir)}.${randomUUID()}.restoring`);
  try {
    await ensureFolder(beside);
    const gate = new CredentialGate({ keepTokens, nowMs });
    const records = readBackup(file, keys, signal);
    const first = await restoreFiles(beside, records);
    const restoredAt = new Date(nowMs).toISOString();
    await markRestored(beside, { at: restoredAt, takenAt: manifest.takenAt, revision: manifest.revision });
    const stored = await withStore(beside, options, store =>
      restoreObjects(store, manifest.revision + revisionLeap, admitted(first, records, summary, gate)),
    );
    await requireEmpty(dataDir);
    await rename(beside, dataDir);
    await syncFolder(dirname(dataDir));
    const { count: objects, revision } = stored;
    return { dataDir, manifest, restoredAt, objects, revision, keptTokens: keepTokens, credentials: gate.report() };
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function requireEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new DroverError('config-invalid', `${folder} cannot be read`, { cause: error });
  });
  if (entries.length === 0) return;
  throw new DroverError('config-invalid', `${folder} is not empty; a hub is restored into an empty folder only`);
}

function requireRoom({ revision }: BackupManifest): void {
  if (Number.isSafeInteger(revision + 2 * revisionLeap)) return;
  throw new DroverError('backup-invalid', `the backup’s revision ${revision} leaves no room for another`);
}

/** Writes the files, which come first; returns the first record that is none. */
async function restoreFiles(
  folder: string,
  records: AsyncGenerator<BackupRecord, BackupSummary>,
): Promise<BackupRecord> {
  for (;;) {
    const next = await records.next();
    if (next.done) throw new DroverError('backup-invalid', 'the backup changed while it was read');
    const record = next.value;
    if (record.kind === 'file') await writeSecret(join(folder, record.file.path), record.file.data);
    else if (record.kind !== 'header') return record;
  }
}

/** The objects that come back: each key's last value, in the order of revisions, as far as the gate lets them. */
async function* admitted(
  first: BackupRecord,
  records: AsyncGenerator<BackupRecord, BackupSummary>,
  verified: BackupSummary,
  gate: CredentialGate,
): AsyncGenerator<ObjectChange> {
  const admits = (record: BackupRecord): record is BackupRecord & { readonly kind: 'object' } =>
    record.kind === 'object' &&
    verified.live.get(record.change.key) === record.change.revision &&
    gate.lets(record.change);
  if (admits(first)) yield first.change;
  for (;;) {
    const next = await records.next();
    if (next.done) {
      const { files, objects } = next.value.manifest;
      const same =
        JSON.stringify([files, objects]) === JSON.stringify([verified.manifest.files, verified.manifest.objects]);
      if (!same) throw new DroverError('backup-invalid', 'the backup changed while it was read');
      return;
    }
    if (admits(next.value)) yield next.value.change;
  }
}

/** The hub says from now on that it was restored. */
async function markRestored(folder: string, restored: object): Promise<void> {
  const file = join(folder, 'hub.json');
  const found: unknown = JSON.parse((await readText(file)) ?? 'null');
  if (typeof found !== 'object' || found === null)
    throw new DroverError('backup-invalid', 'the backup holds no hub.json');
  await writeSecret(file, JSON.stringify({ ...found, restored }));
}

/** Runs `work` with the store of the hub that is being made: a NATS of its own, which stops afterwards, or the given one. */
async function withStore<T>(
  folder: string,
  options: RestoreOptions,
  work: (store: RestoreStore) => Promise<T>,
): Promise<T> {
  const { nats, say = () => {} } = options;
  const timeout = AbortSignal.timeout(connectTimeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  await using opened = new AsyncDisposableStack();
  const access = nats ? accessTo(nats) : await startOwn();
  const connect = async (user: 'setup' | 'fleet-api') => {
    const credsFile = access.credsFile(user);
    return opened.use(await connectTo({ url: access.url, ...(credsFile ? { credsFile } : {}) }, user, signal));
  };
  const [setup, writer] = [await connect('setup'), await connect('fleet-api')];
  await ensureHubStreams(setup);
  return await work({ setup, writer });

  async function startOwn() {
    const natsFolder = await ensureFolder(join(folder, 'nats'));
    const authority = await ensureNatsAuthority(natsFolder);
    const program = await findServer('nats-server', { say, ...(options.signal ? { signal: options.signal } : {}) });
    const server = await startNats(program, natsFolder, authority, signal);
    opened.defer(() => server.stop());
    return { url: server.url, credsFile: (user: 'setup' | 'fleet-api') => authority.credentials[user] };
  }
}

const accessTo = ({ url, credsDir }: { readonly url: string; readonly credsDir?: string }) => ({
  url,
  credsFile: (user: string) => (credsDir === undefined ? undefined : join(resolve(credsDir), `${user}.creds`)),
});
