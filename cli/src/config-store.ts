import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitForLock } from '@drover/file-lock';
import { emptyConfig, parseStoredConfig, type StoredConfig } from './domain/stored-config.ts';
import { ensureOwnerFolder, unusable, writeOwnerFile } from './owner-file.ts';

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
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return emptyConfig;
      throw unusable(this.path, cause);
    }
    return parseStoredConfig(text, this.path);
  }

  /**
   * Replaces what is kept by what `change` makes of it. Commands that run at once wait for each other, so that none
   * undoes another's change.
   */
  async update(change: (current: StoredConfig) => StoredConfig): Promise<void> {
    await ensureOwnerFolder(this.#folder);
    await using _ = await waitForLock(`${this.path}.lock`, { timeoutMs: lockTimeoutMs });
    await writeOwnerFile(this.path, `${JSON.stringify(change(await this.read()), null, 2)}\n`);
  }
}
