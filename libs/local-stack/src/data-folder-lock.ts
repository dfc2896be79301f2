import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import { readText, writeSecret } from './secret-files.ts';

/** What `state.json` says of the hub that runs on a data folder. */
export interface StackState {
  readonly pid: number;
  /** When that process started, so that a number that was given out again is not taken for it. */
  readonly started: string;
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
 * Takes the data folder for this process, by `state.json`; one of a process that is gone is taken over.
 *
 * @throws DroverError `config-invalid` where another hub runs on the folder
 */
export async function lockDataFolder(folder: string): Promise<DataFolderLock> {
  const path = join(folder, 'state.json');
  const own: StackState = { pid: process.pid, started: (await startOf(process.pid)) ?? '' };
  for (;;) {
    if (await place(path, own)) break;
    const holder = await readState(path);
    if (holder && (await lives(holder))) {
      throw new DroverError(
        'config-invalid',
        `another hub runs on ${folder} (process ${holder.pid}${holder.url ? `, ${holder.url}` : ''}); stop it, or set DROVER_DATA_DIR to another folder`,
        { details: { pid: holder.pid } },
      );
    }
    await clear(path, holder);
  }
  return {
    publish: facts => writeSecret(path, JSON.stringify({ ...own, ...facts })),
    [Symbol.asyncDispose]: () => rm(path, { force: true }),
  };
}

/** Writes the file unless there is one: of many that try at once one succeeds. */
async function place(path: string, state: StackState): Promise<boolean> {
  const beside = `${path}.${randomUUID()}`;
  await writeSecret(beside, JSON.stringify(state));
  try {
    await link(beside, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

/** Removes the file of a holder that is gone, and puts it back if meanwhile somebody else had taken the folder. */
async function clear(path: string, stale: StackState | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // somebody else cleared it
  }
  const moved = await readState(aside);
  if (moved && moved.pid !== stale?.pid && (await lives(moved))) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
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
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  'started' in value &&
  typeof value.started === 'string';

async function lives({ pid, started }: StackState): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is such a process, of another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = await startOf(pid);
  return now === undefined || started === '' || now === started;
}

/** The kernel's start time of a process, in ticks since boot (proc(5), field 22); undefined where there is no /proc. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name, is in brackets and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
