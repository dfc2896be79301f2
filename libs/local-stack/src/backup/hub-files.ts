import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupFile } from '@drover/backup';
import { DroverError } from '@drover/errors';
import { readText } from '../secret-files.ts';

/** Keys, certificates and settings are some KB; a larger file was put into the data folder by somebody else. */
const maxFileBytes = 1024 * 1024;

/**
 * What a backup leaves out of the data folder; everything else goes in, so that what a later version keeps there is not
 * forgotten.
 */
const leftOut: readonly { readonly path: RegExp; readonly why: string }[] = [
  { path: /^nats\/(?!authority\.json$)/, why: 'objects come out of NATS itself; credentials are made at each start' },
  { path: /^redis(\/|$)/, why: 'sessions and the tunnel directory are made anew' },
  { path: /^state\.(json|lock)/, why: 'they say which process runs' },
  // Sessions that were ended since would be good again: nobody is signed in on a restored hub (T31).
  { path: /^keys\/session\./, why: 'sessions end with the hub that is lost; a start makes another key' },
  { path: /^admin\.kubeconfig$/, why: 'it holds a token; a start makes another' },
  {
    path: /^(auth-proxy|tunnel-gateway|fleet-api)(-\d+)?(\/|$)/,
    why: 'what services keep for themselves: audit spools',
  },
  { path: /\.new$/, why: 'a file that was being written' },
];

const isLeftOut = (path: string): boolean => leftOut.some(rule => rule.path.test(path));

/** The files of a hub that a backup carries, by their paths. @throws DroverError `too-large` */
export async function* hubFilesOf(dataDir: string, folder = ''): AsyncGenerator<BackupFile> {
  const entries = await readdir(join(dataDir, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (isLeftOut(path)) continue;
    if (entry.isDirectory()) yield* hubFilesOf(dataDir, path);
    if (!entry.isFile()) continue;
    const { size } = await stat(join(dataDir, path));
    if (size > maxFileBytes) {
      throw new DroverError(
        'too-large',
        `${join(dataDir, path)} has ${size} bytes, and is no file of a hub; move it elsewhere`,
      );
    }
    yield { path, data: await readFile(join(dataDir, path)) };
  }
}

/** The identity of the hub whose data folder it is. @throws DroverError `config-invalid` where it is none */
export async function hubIdOf(dataDir: string): Promise<string> {
  const found: unknown = JSON.parse((await readText(join(dataDir, 'hub.json'))) ?? 'null');
  if (typeof found === 'object' && found !== null && 'id' in found && typeof found.id === 'string') return found.id;
  throw new DroverError('config-invalid', `${dataDir} is no data folder of a hub (it has no hub.json)`);
}
