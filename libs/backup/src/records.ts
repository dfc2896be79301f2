import { isUtf8 } from 'node:buffer';
import { DroverError } from '@drover/errors';

/** The version of the format that this program writes, and the only one that it reads. */
export const formatVersion = 1;

/** The first line of a backup. */
export interface BackupHeader {
  readonly drover: 'backup';
  readonly version: typeof formatVersion;
  /** The hub's identity. */
  readonly hub: string;
  /** RFC 3339 */
  readonly takenAt: string;
  /** Drover's version that wrote it. */
  readonly by: string;
}

/** A file of the hub's data folder: keys, certificates, settings. */
export interface BackupFile {
  /** Relative, divided by `/`. */
  readonly path: string;
  readonly data: Uint8Array;
}

/** A write of the store, in the order of revisions; of a key that comes more than once the last one counts. */
export interface ObjectChange {
  readonly key: string;
  readonly revision: number;
  /** Absent: the key was deleted. */
  readonly value?: Uint8Array;
}

/** What the parts were, as the last line of a backup. */
export interface BackupManifest {
  readonly version: typeof formatVersion;
  readonly hub: string;
  readonly takenAt: string;
  /** The store as of this revision. */
  readonly revision: number;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
  readonly objects: {
    /** Objects that there were, and how many of each resource. */
    readonly count: number;
    readonly resources: Readonly<Record<string, number>>;
    /** SHA-256 of the lines of objects, with their ends. */
    readonly sha256: string;
  };
}

/** What a backup is made of, in this order: a header, files, changes of objects, the manifest. */
export type BackupRecord =
  | { readonly kind: 'header'; readonly header: BackupHeader }
  | { readonly kind: 'file'; readonly file: BackupFile }
  | { readonly kind: 'object'; readonly change: ObjectChange }
  | { readonly kind: 'manifest'; readonly manifest: BackupManifest };

/**
 * A line of a record: JSON, so that `age -d FILE | gunzip | jq` shows a backup without Drover. Stored values are texts
 * inside, to come back byte by byte.
 */
export function lineOf(record: BackupRecord): Buffer {
  return Buffer.from(`${JSON.stringify(writtenForm(record))}\n`, 'utf8');
}

function writtenForm(record: BackupRecord): object {
  switch (record.kind) {
    case 'header':
      return record.header;
    case 'file':
      return { file: record.file.path, data: Buffer.from(record.file.data).toString('base64') };
    case 'object': {
      const { key, revision, value } = record.change;
      if (value === undefined) return { key, revision, deleted: true };
      const bytes = Buffer.from(value);
      return isUtf8(bytes)
        ? { key, revision, value: bytes.toString('utf8') }
        : { key, revision, data: bytes.toString('base64') };
    }
    case 'manifest':
      return { manifest: record.manifest };
  }
}

/** The record of a line. @throws DroverError `backup-invalid` */
export function recordOf(line: Buffer): BackupRecord {
  const found = parsed(line);
  if (found['drover'] === 'backup') return { kind: 'header', header: headerOf(found) };
  if (typeof found['file'] === 'string' && typeof found['data'] === 'string') {
    return { kind: 'file', file: { path: safePath(found['file']), data: Buffer.from(found['data'], 'base64') } };
  }
  if (typeof found['key'] === 'string') return { kind: 'object', change: changeOf(found) };
  if (isManifest(found['manifest'])) return { kind: 'manifest', manifest: found['manifest'] };
  throw damaged('it holds a line that is none of a backup');
}

/** The backup is not whole, or no backup. */
export const damaged = (why: string, cause?: unknown): DroverError =>
  new DroverError('backup-invalid', `the backup cannot be used: ${why}`, cause === undefined ? {} : { cause });

function parsed(line: Buffer): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(line.toString('utf8'));
    if (isObject(found)) return found;
  } catch {
    // told below
  }
  throw damaged('it holds a line that is no JSON object');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function headerOf(found: Record<string, unknown>): BackupHeader {
  const { version, hub, takenAt, by } = found;
  if (version !== formatVersion) {
    throw damaged(`its format is version ${String(version)}, and this program reads version ${formatVersion}`);
  }
  if (typeof hub !== 'string' || typeof takenAt !== 'string' || typeof by !== 'string') {
    throw damaged('its header is not complete');
  }
  return { drover: 'backup', version: formatVersion, hub, takenAt, by };
}

function changeOf({ key, revision, value, data, deleted }: Record<string, unknown>): ObjectChange {
  if (typeof key !== 'string' || typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1) {
    throw damaged('it holds an object without key or revision');
  }
  if (typeof value === 'string') return { key, revision, value: Buffer.from(value, 'utf8') };
  if (typeof data === 'string') return { key, revision, value: Buffer.from(data, 'base64') };
  if (deleted === true) return { key, revision };
  throw damaged(`${key} has no value`);
}

/** A path that stays in the folder that it is put into, whoever wrote the backup. */
function safePath(path: string): string {
  const parts = path.split('/');
  const safe = parts.every(part => /^[A-Za-z0-9._-]{1,255}$/.test(part) && part !== '.' && part !== '..');
  if (safe && path.length <= maxPathLength) return path;
  throw damaged(`it holds a file of the name ${JSON.stringify(path)}`);
}

/** Folders of the data folder are not deep. */
const maxPathLength = 512;

function isManifest(value: unknown): value is BackupManifest {
  if (!isObject(value)) return false;
  const { version, hub, takenAt, revision, files, objects } = value;
  return (
    version === formatVersion &&
    typeof hub === 'string' &&
    typeof takenAt === 'string' &&
    typeof revision === 'number' &&
    Array.isArray(files) &&
    files.every(isObject) &&
    isObject(objects) &&
    typeof objects['count'] === 'number' &&
    isObject(objects['resources']) &&
    typeof objects['sha256'] === 'string'
  );
}
