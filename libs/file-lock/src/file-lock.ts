import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { pause } from '@drover/async';
import { DroverError } from '@drover/errors';

/** Says that this process, and no other of this machine, holds a lock file, until it lets go of it. */
export interface FileLock extends AsyncDisposable {
  readonly path: string;
  release(): Promise<void>;
}

/** Between two looks at a lock that another holds: short beside what it is held for, the renewal of a credential. */
const lookAgainMs = { least: 10, most: 60 };

/**
 * Takes the lock `path`, or returns undefined where a living process holds it; the folder must be there. A process that
 * holds a lock and asks for it again gets it as little as any other.
 *
 * The file names its owner by pid and time of start, since pids come again (in a container always the same). The lock of
 * a process that has died is taken over by one heir: the one who holds the lock on that very inheritance. To remove the
 * dead one's file first would be to remove, now and then, the file of a quicker heir.
 *
 * Processes of other machines on a shared file system are not told from dead ones: it is no lock between machines.
 *
 * @example
 * await using lock = await tryLock('/var/lib/drover/spool.lock');
 * if (lock === undefined) throw new DroverError('config-invalid', 'another process uses the spool');
 */
export async function tryLock(path: string): Promise<FileLock | undefined> {
  if (!(await take(path))) return undefined;
  const release = (): Promise<void> => rm(path, { force: true });
  return { path, release, [Symbol.asyncDispose]: release };
}

/**
 * Takes the lock as soon as nobody else holds it.
 *
 * @throws DroverError `conflict` when another has held it for `timeoutMs`; the signal's reason when it is aborted
 */
export async function waitForLock(
  path: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<FileLock> {
  const { least, most } = lookAgainMs;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const lock = await tryLock(path);
    if (lock !== undefined) return lock;
    if (performance.now() >= endMs) throw new DroverError('conflict', `${path} is held by another process; try again`);
    await pause(least + Math.random() * (most - least), signal);
  }
}

async function take(path: string): Promise<boolean> {
  const own = `${process.pid} ${await startTimeOf(process.pid)}`;
  if (await place(path, own)) return true;
  const found = await read(path);
  if (found === undefined || (await isHeld(found))) return false;
  const inheritance = `${path}.${createHash('sha256').update(found).digest('hex').slice(0, 8)}`;
  if (!(await take(inheritance))) return false;
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
    // EPERM: there is such a process, of another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
