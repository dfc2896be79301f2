import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import type { KeyRole, PublishedKeys, SigningKeyFile } from '@drover/identity';
import { readText, writePublic, writeSecret } from '../secret-files.ts';

/** Where the keys of a role lie in a data folder. */
export const keyFilesOf = (
  dataDir: string,
  role: KeyRole,
): { readonly signing: string; readonly published: string } => ({
  signing: join(dataDir, 'keys', `${role}.json`),
  published: join(dataDir, 'keys', `${role}.jwks.json`),
});

/** The keys of a role. */
export interface KeyPairFiles {
  readonly signing: SigningKeyFile;
  readonly published: PublishedKeys;
}

/** Both files in one, while they are being written: with one of them alone, nobody would verify what the other signs. */
const journalOf = (dataDir: string, role: KeyRole): string => join(dataDir, 'keys', `${role}.rotation.json`);

/** Writes both files, or after a crash in between lets {@link finishKeyFiles} do it. */
export async function writeKeyFiles(dataDir: string, role: KeyRole, keys: KeyPairFiles): Promise<void> {
  await writeSecret(journalOf(dataDir, role), JSON.stringify(keys));
  await finishKeyFiles(dataDir, role);
}

/** Ends what was begun. Public keys come first: those who verify know a key before it signs. */
export async function finishKeyFiles(dataDir: string, role: KeyRole): Promise<void> {
  const journal = journalOf(dataDir, role);
  const text = await readText(journal);
  if (text === undefined) return;
  const { signing, published } = read(text, journal);
  const files = keyFilesOf(dataDir, role);
  await writePublic(files.published, JSON.stringify(published));
  await writeSecret(files.signing, JSON.stringify(signing));
  await rm(journal, { force: true });
}

/** The file was written whole or not at all; what is in it, this module has put there. */
function read(text: string, path: string): KeyPairFiles {
  try {
    return JSON.parse(text) as KeyPairFiles;
  } catch {
    throw new DroverError('config-invalid', `${path} cannot be read`);
  }
}
