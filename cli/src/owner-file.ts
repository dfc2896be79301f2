import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { DroverError } from '@drover/errors';

const folderMode = 0o700;
const fileMode = 0o600;

/** Makes a folder that its owner alone reads, or makes it so. @throws DroverError `config-invalid` */
export async function ensureOwnerFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: folderMode });
    await chmod(folder, folderMode);
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

/** Writes a file that its owner alone reads, whole or not at all. @throws DroverError `config-invalid` */
export async function writeOwnerFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}.new`;
  try {
    const file = await open(beside, 'wx', fileMode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw unusable(path, cause);
  }
}

/** A file or folder of the command line's that cannot be used. */
export function unusable(path: string, cause: unknown): DroverError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DroverError(
    'config-invalid',
    `${path} cannot be used (${why}); set DROVER_CONFIG_DIR to a folder of yours`,
    { cause },
  );
}
