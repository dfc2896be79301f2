import { join } from 'node:path';
import { ensureFolder, readText, writeSecret } from '../secret-files.ts';
import { type Bundle, type BundleName, bundleNames } from './service-bundles.ts';

/** Writes each part's files into a folder of its own below `root`; files that are the same are left as they are. */
export async function writeBundleFolders(root: string, bundles: Record<BundleName, Bundle>): Promise<void> {
  for (const name of bundleNames) {
    const folder = await ensureFolder(join(root, name));
    for (const [file, text] of Object.entries(bundles[name])) {
      const path = join(folder, file);
      if ((await readText(path)) !== text) await writeSecret(path, text);
    }
  }
}
