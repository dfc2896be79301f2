import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const folderMode = 0o700;
const secretMode = 0o600;
const publicMode = 0o644;

/** Makes a folder (and its parents) that nobody but the owner may enter, whatever the umask says. */
export async function ensureFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: folderMode });
  await chmod(path, folderMode);
  return path;
}

/** The file's text, or undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeAtomically(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await ensureFolder(dirname(path));
  const beside = `${path}.${randomUUID()}.new`;
  await writeFile(beside, content, { mode, flush: true });
  await chmod(beside, mode);
  await rename(beside, path);
}

/** Writes a file whole or not at all, readable by its owner only. */
export const writeSecret = (path: string, content: string | Uint8Array): Promise<void> =>
  writeAtomically(path, content, secretMode);

/** Writes a file whole or not at all, readable by all (where the folder lets them). */
export const writePublic = (path: string, text: string): Promise<void> => writeAtomically(path, text, publicMode);
