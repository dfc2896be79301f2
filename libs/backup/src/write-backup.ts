import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { DroverError } from '@drover/errors';
import { type SealingKeys, sealed } from './age.ts';
import {
  type BackupFile,
  type BackupHeader,
  type BackupManifest,
  type BackupRecord,
  formatVersion,
  lineOf,
  type ObjectChange,
} from './records.ts';
import { Tally } from './tally.ts';

/** What goes into a backup. */
export interface BackupContents extends Pick<BackupHeader, 'hub' | 'takenAt' | 'by'> {
  readonly files: AsyncIterable<BackupFile> | Iterable<BackupFile>;
  /** In the order of revisions; returns the revision as of which it is whole. */
  readonly objects: AsyncGenerator<ObjectChange, number, void>;
}

/**
 * Writes a backup: one pass, lines compressed and encrypted as they come, so that it takes as much memory for a large
 * hub as for a small one (but for a key's name and revision, which are counted).
 */
export async function writeBackup(
  target: Writable,
  keys: SealingKeys,
  contents: BackupContents,
  signal?: AbortSignal,
): Promise<BackupManifest> {
  const tally = new Tally();
  let manifest: BackupManifest | undefined;
  const lines = async function* (): AsyncGenerator<Buffer> {
    const next = (record: BackupRecord): Buffer => {
      const line = lineOf(record);
      tally.add(record, line);
      return line;
    };
    const { hub, takenAt, by } = contents;
    yield next({ kind: 'header', header: { drover: 'backup', version: formatVersion, hub, takenAt, by } });
    for await (const file of contents.files) yield next({ kind: 'file', file });
    const revision = yield* changeLines(contents.objects, next);
    manifest = tally.manifest(revision);
    yield lineOf({ kind: 'manifest', manifest });
  };
  const gzip = createGzip();
  const compressing = pipeline(Readable.from(lines(), { objectMode: false }), gzip, signal ? { signal } : {});
  // its failure comes through the stream as well
  compressing.catch(() => {});
  await pipeline(Readable.fromWeb(await sealed(Readable.toWeb(gzip), keys)), target, signal ? { signal } : {});
  await compressing;
  if (manifest === undefined) throw new DroverError('internal', 'a backup ended before its manifest');
  return manifest;
}

async function* changeLines(
  objects: BackupContents['objects'],
  lineFor: (record: BackupRecord) => Buffer,
): AsyncGenerator<Buffer, number> {
  try {
    for (;;) {
      const next = await objects.next();
      if (next.done) return next.value;
      yield lineFor({ kind: 'object', change: next.value });
    }
  } finally {
    await objects.return(0);
  }
}
