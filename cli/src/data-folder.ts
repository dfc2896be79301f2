import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sameHub } from './domain/hub-url.ts';

const othersMayWrite = 0o022;

/**
 * The CA of the hub at `url` from the data folder of a hub on this machine, where that folder is this hub's; undefined
 * where there is none, or where somebody else could have written it (as `git` judges repositories).
 */
export async function dataFolderCa(folder: string, url: string): Promise<string | undefined> {
  try {
    const files = ['.', 'state.json', 'pki', join('pki', 'ca.crt')].map(name => join(folder, name));
    for (const file of files) {
      const { uid, mode } = await stat(file);
      if (uid !== process.getuid?.() || (mode & othersMayWrite) !== 0) return undefined;
    }
    const state: unknown = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8'));
    const told = typeof state === 'object' && state !== null && 'url' in state ? state.url : undefined;
    if (typeof told !== 'string' || !URL.canParse(told) || !sameHub(new URL(told).origin, url)) return undefined;
    return await readFile(join(folder, 'pki', 'ca.crt'), 'utf8');
  } catch {
    return undefined; // no folder, or not one of a hub: the next way to trust is tried
  }
}
