import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { DroverError } from '@drover/errors';

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
    if (await lock(`${candidate}.lock`)) {
      return { file: candidate, release: () => rm(`${candidate}.lock`, { force: true }) };
    }
  }
  throw new DroverError('config-invalid', `${maxProcesses} processes use the audit spool ${file}; give some their own`);
}

/**
 * Makes the lock file, which names its owner by pid and time of start, since pids come again (in a container always
 * the same). The lock of a process that has died is taken over by one heir: the one who holds the lock on that very
 * inheritance. To remove the dead one's file first would be to remove, now and then, the file of a quicker heir.
 */
async function lock(path: string): Promise<boolean> {
  const own = `${process.pid} ${await startTimeOf(process.pid)}`;
  if (await place(path, own)) return true;
  const found = await read(path);
  if (found === undefined || (await isHeld(found))) return false;
  const inheritance = `${path}.${createHash('sha256').update(found).digest('hex').slice(0, 8)}`;
  if (!(await lock(inheritance))) return false;
  try {
    if ((await read(path)) !== found) return false;
    await replace(path, own);
    return true;
  } finally {
    await rm(inheritance, { force: true });
  }
}

/** Writes the file unless there is one, all of it at once: of many that try one succeeds. */
async function place(path: string, text: string): Promise<boolean> {
  const beside = await writeBeside(path, text);
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

const replace = async (path: string, text: string): Promise<void> => rename(await writeBeside(path, text), path);

async function writeBeside(path: string, text: string): Promise<string> {
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, text, { mode: 0o600 });
  return beside;
}

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

async function isHeld(text: string): Promise<boolean> {
  const [pid = '', startTime] = text.split(' ');
  return pid !== '' && (await startTimeOf(Number(pid))) === startTime && isAlive(Number(pid));
}

/** The kernel's time of start of a process (proc(5), field 22); '' where there is no /proc. */
async function startTimeOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The second field, in parentheses, may hold spaces.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
