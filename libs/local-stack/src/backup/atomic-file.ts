import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { DroverError } from '@drover/errors';

const ownerOnly = 0o600;
/** What the name of a file ends with that is being written. */
export const partSuffix = '.part';

/**
 * Writes a file whole or not at all, for its owner only, synced to disk before it gets its name. One that exists is never
 * replaced. Returns its size in bytes.
 *
 * @throws DroverError `config-invalid` where the file exists, or its folder does not
 */
export async function writeNewFile(path: string, write: (target: Writable) => Promise<void>): Promise<number> {
  if (await exists(path)) throw taken(path);
  const part = join(dirname(path), `.${basename(path)}.${randomUUID()}${partSuffix}`);
  try {
    await write(await newFile(part, path));
    const { size } = await stat(part);
    await place(part, path);
    return size;
  } finally {
    await rm(part, { force: true });
  }
}

/** Syncs a folder, so that the names in it survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

async function newFile(part: string, path: string): Promise<Writable> {
  try {
    const handle = await open(part, 'wx', ownerOnly);
    return createWriteStream(part, { fd: handle, flush: true });
  } catch (cause) {
    throw new DroverError('config-invalid', `${path} cannot be written (${messageOf(cause)})`, { cause });
  }
}

/** Gives the file its name unless that was taken meanwhile. */
async function place(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw taken(path);
    throw cause;
  }
  await syncFolder(dirname(path));
}

const taken = (path: string): DroverError => new DroverError('config-invalid', `${path} exists; choose another name`);

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
