import { readdir, readFile } from 'node:fs/promises';

/** The process whose command line begins with `program` and names a file in `folder`. */
export async function processOf(program: string, folder: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[0]?.includes(program) && words.some(word => word.includes(folder))) return Number(pid);
  }
  throw new Error(`no ${program} runs on ${folder}`);
}

/** Stops a process as a frozen machine does: connections stay, nothing answers. It goes on when this is disposed of. */
export async function frozen(program: string, folder: string): Promise<AsyncDisposable> {
  const pid = await processOf(program, folder);
  process.kill(pid, 'SIGSTOP');
  return {
    [Symbol.asyncDispose]: async () => {
      process.kill(pid, 'SIGCONT');
    },
  };
}
