import { DroverError } from '@drover/errors';
import { tryLock } from '@drover/file-lock';

/** Says that one process owns a spool file, until it lets go of it. */
export interface SpoolLock {
  /** The file that was claimed. */
  readonly file: string;
  release(): Promise<void>;
}

/** More auth-proxies on one data folder are a mistake of the configuration. */
const maxProcesses = 16;

/**
 * Claims `file`, or `file.2`, `file.3` … where other processes of the same folder have claimed those before it: two
 * processes in one spool would cut off each other's records. After a restart the same number of processes claims the
 * same files again, so that whatever was left in them is published.
 *
 * @throws DroverError `config-invalid` when too many processes share the folder
 */
export async function claimSpool(file: string): Promise<SpoolLock> {
  for (let number = 1; number <= maxProcesses; number++) {
    const candidate = number === 1 ? file : `${file}.${number}`;
    const lock = await tryLock(`${candidate}.lock`);
    if (lock !== undefined) return { file: candidate, release: lock.release };
  }
  throw new DroverError('config-invalid', `${maxProcesses} processes use the audit spool ${file}; give some their own`);
}
