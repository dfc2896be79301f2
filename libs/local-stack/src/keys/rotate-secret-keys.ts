import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import { tryLock } from '@drover/file-lock';
import { newSecretKeys } from '@drover/identity';
import { hubIdOf } from '../backup/hub-files.ts';
import { readText, writeSecret } from '../secret-files.ts';

/** Services read the file every two seconds. */
const graceMs = 60_000;

export interface RotateSecretKeysOptions {
  readonly dataDir: string;
  readonly nowMs: number;
  readonly graceMs?: number | undefined;
}

/**
 * Makes a new key for the secrets of identity providers in the data folder of a hub, which may run: it opens at once, seals
 * when the grace is over, and the hub then seals everything anew by itself. Resolves to when that is, ms since 1970.
 *
 * @throws DroverError `config-invalid` where the folder is no hub's; `conflict` where a rotation is under way
 */
export async function rotateSecretKeys(options: RotateSecretKeysOptions): Promise<{ readonly sealsFromMs: number }> {
  const { dataDir, nowMs } = options;
  await hubIdOf(dataDir);
  const lock = await tryLock(join(dataDir, 'keys', 'secrets.lock'));
  if (lock === undefined) throw new DroverError('conflict', `another process rotates the secrets’ keys of ${dataDir}`);
  try {
    const file = join(dataDir, 'keys', 'secrets.json');
    const earlier = await readText(file);
    if (earlier === undefined) throw new DroverError('config-invalid', `${dataDir} holds no keys of secrets`);
    const sealsFromMs = nowMs + (options.graceMs ?? graceMs);
    await writeSecret(file, newSecretKeys(earlier, sealsFromMs));
    return { sealsFromMs };
  } finally {
    await lock.release();
  }
}
