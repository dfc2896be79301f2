import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import { tryLock } from '@drover/file-lock';
import { readText, writeSecret } from './secret-files.ts';

/** What `state.json` says of the hub that runs on a data folder. */
export interface StackState {
  readonly pid: number;
  /** Once it is ready. */
  readonly url?: string;
  readonly services?: readonly string[];
}

/** A data folder that this process owns. */
export interface DataFolderLock extends AsyncDisposable {
  /** Adds facts to `state.json`. */
  publish(facts: Pick<StackState, 'url' | 'services'>): Promise<void>;
}

/**
 * Takes the data folder for this process, by `state.lock`; one of a process that is gone is taken over.
 *
 * @throws DroverError `config-invalid` where another hub runs on the folder
 */
export async function lockDataFolder(folder: string): Promise<DataFolderLock> {
  const path = join(folder, 'state.json');
  const lock = await tryLock(join(folder, 'state.lock'));
  if (lock === undefined) {
    const { pid, url } = (await readState(path)) ?? {};
    const who = pid === undefined ? '' : ` (process ${pid}${url ? `, ${url}` : ''})`;
    throw new DroverError(
      'config-invalid',
      `another hub runs on ${folder}${who}; stop it, or set DROVER_DATA_DIR to another folder`,
      { details: { pid: pid ?? 0 } },
    );
  }
  const publish: DataFolderLock['publish'] = facts =>
    writeSecret(path, JSON.stringify({ pid: process.pid, ...facts } satisfies StackState));
  const release = async (): Promise<void> => {
    await rm(path, { force: true });
    await lock.release();
  };
  try {
    await publish({});
  } catch (error) {
    await release();
    throw error;
  }
  return { publish, [Symbol.asyncDispose]: release };
}

async function readState(path: string): Promise<StackState | undefined> {
  try {
    const found: unknown = JSON.parse((await readText(path)) ?? '');
    return isState(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

const isState = (value: unknown): value is StackState =>
  typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number';
