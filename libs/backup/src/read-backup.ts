import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DroverError } from '@drover/errors';
import { type OpeningKeys, opened } from './age.ts';
import { type BackupHeader, type BackupManifest, type BackupRecord, damaged, recordOf } from './records.ts';
import { Tally } from './tally.ts';

/** The largest message of the store is 4 MB (max_payload), and JSON may write a byte as six. */
const maxLineBytes = 32 * 1024 * 1024;
const magic = 'age-encryption.org/v1\n';
const newline = 0x0a;

/** What a whole backup holds, without its values. */
export interface BackupSummary {
  readonly header: BackupHeader;
  readonly manifest: BackupManifest;
  /** Every object that it holds, by key, with its revision. */
  readonly live: ReadonlyMap<string, number>;
}

/**
 * Reads a backup from its beginning to its end, one record at a time. That it is whole is known when it has returned, not
 * before: verify first, then read again and act.
 *
 * @throws DroverError `backup-invalid` where it is cut, changed or of another format, or no key opens it
 */
export async function* readBackup(
  path: string,
  keys: OpeningKeys,
  signal?: AbortSignal,
): AsyncGenerator<BackupRecord, BackupSummary> {
  await requireAge(path);
  const tally = new Tally();
  let header: BackupHeader | undefined;
  let manifest: BackupManifest | undefined;
  for await (const line of linesOf(path, keys, signal)) {
    if (manifest !== undefined) throw damaged('something comes after its manifest');
    const record = recordOf(line);
    tally.add(record, line);
    if (record.kind === 'header') header = record.header;
    if (record.kind === 'manifest') manifest = record.manifest;
    yield record;
  }
  if (header === undefined || manifest === undefined) throw damaged('it has no end');
  const counted = tally.manifest(manifest.revision);
  if (!sameParts(counted, manifest)) throw damaged('what it holds is not what its manifest says');
  return { header, manifest, live: tally.live() };
}

/** Reads all of a backup and keeps nothing: whether it is whole, and what is in it. @throws DroverError `backup-invalid` */
export async function verifyBackup(path: string, keys: OpeningKeys, signal?: AbortSignal): Promise<BackupSummary> {
  const records = readBackup(path, keys, signal);
  for (;;) {
    const next = await records.next();
    if (next.done) return next.value;
  }
}

/** Whether two manifests name the same contents. */
export const sameParts = (a: BackupManifest, b: BackupManifest): boolean => canonical(a) === canonical(b);

const canonical = ({ hub, takenAt, revision, files, objects }: BackupManifest): string =>
  JSON.stringify([
    hub,
    takenAt,
    revision,
    files.map(({ path, bytes, sha256 }) => [path, bytes, sha256]),
    objects.count,
    objects.sha256,
    Object.entries(objects.resources).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);

/** Says so where the file is something else; a wrong key is another mistake. */
async function requireAge(path: string): Promise<void> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    if (bytesRead === magic.length && buffer.toString('latin1') === magic) return;
  } catch (cause) {
    throw new DroverError('config-invalid', `${path} cannot be read`, { cause });
  }
  throw damaged(`${path} is no file of the age format`);
}

async function* linesOf(path: string, keys: OpeningKeys, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = createReadStream(path, signal ? { signal } : {});
  try {
    const plain = Readable.fromWeb(await opened(Readable.toWeb(file), keys));
    const gunzip = createGunzip();
    plain.on('error', error => gunzip.destroy(error));
    plain.pipe(gunzip);
    yield* split(gunzip);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw cause instanceof DroverError ? cause : damaged('it was cut or changed', cause);
  } finally {
    file.destroy();
  }
}

async function* split(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end + 1)]);
      parts = [];
      bytes = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > maxLineBytes) throw damaged(`it holds a line of more than ${maxLineBytes} bytes`);
  }
  if (bytes > 0) throw damaged('its last line has no end');
}
