import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import { waitForLock } from '@drover/file-lock';
import { emptyConfig, parseStoredConfig, type StoredConfig } from './domain/stored-config.ts';

const folderMode = 0o700;
const fileMode = 0o600;
/** Another command holds the lock for milliseconds. */
const lockTimeoutMs = 10_000;

/** Where sessions are kept: one file, readable by its owner only, written whole or not at all. */
export class ConfigStore {
  readonly #folder: string;
  readonly path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'config.json');
  }

  /** What is kept; nothing where there is no file. @throws DroverError `config-invalid` */
  async read(): Promise<StoredConfig> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (cause) {
      if (isErrno(cause, 'ENOENT')) return emptyConfig;
      throw unusable(this.path, cause);
    }
    return parseStoredConfig(text, this.path);
  }

  /**
   * Replaces what is kept by what `change` makes of it. Commands that run at once wait for each other, so that none
   * undoes another's change.
   */
  async update(change: (current: StoredConfig) => StoredConfig): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: folderMode });
      await chmod(this.#folder, folderMode);
    } catch (cause) {
      throw unusable(this.#folder, cause);
    }
    await using _ = await waitForLock(`${this.path}.lock`, { timeoutMs: lockTimeoutMs });
    await this.#write(`${JSON.stringify(change(await this.read()), null, 2)}\n`);
  }

  async #write(text: string): Promise<void> {
    const beside = `${this.path}.${randomUUID()}.new`;
    try {
      const file = await open(beside, 'wx', fileMode);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, this.path);
    } catch (cause) {
      await rm(beside, { force: true });
      throw unusable(this.path, cause);
    }
  }
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function unusable(path: string, cause: unknown): DroverError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DroverError(
    'config-invalid',
    `${path} cannot be used (${why}); set DROVER_CONFIG_DIR to a folder of yours`,
    {
      cause,
    },
  );
}
