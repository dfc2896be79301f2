import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import { tryLock } from '@drover/file-lock';
import { type KeyRole, readPublishedKeys, readSigningKey, rotateKeys } from '@drover/identity';
import { hubIdOf } from '../backup/hub-files.ts';
import { readText } from '../secret-files.ts';
import { finishKeyFiles, keyFilesOf, writeKeyFiles } from './key-files.ts';

/** How a role's keys overlap where nothing else is said. */
export const defaultOverlap: Readonly<Record<KeyRole, { readonly graceMs: number; readonly overlapMs: number }>> =
  Object.freeze({
    // Services read the files every two seconds; what is signed lives for a minute.
    identity: { graceMs: 60_000, overlapMs: 10 * 60_000 },
    // A session lives for half a day unless a setting says otherwise.
    session: { graceMs: 60_000, overlapMs: 24 * 3_600_000 },
  });

export interface RotateHubKeysOptions {
  readonly dataDir: string;
  readonly role: KeyRole;
  readonly nowMs: number;
  readonly graceMs?: number | undefined;
  readonly overlapMs?: number | undefined;
}

/** What a rotation of a role's keys has begun. */
export interface RotatedHubKeys {
  readonly role: KeyRole;
  readonly kid: string;
  readonly signsFromMs: number;
  readonly retiresAtMs: number;
}

/**
 * Rotates a role's keys in the data folder of a hub, which may run: its services follow the files.
 *
 * @throws DroverError `config-invalid` where the folder is no hub's; `conflict` where a rotation is under way
 */
export async function rotateHubKeys({ dataDir, role, nowMs, ...given }: RotateHubKeysOptions): Promise<RotatedHubKeys> {
  const hubId = await hubIdOf(dataDir);
  const lock = await tryLock(join(dataDir, 'keys', `${role}.lock`));
  if (lock === undefined) throw new DroverError('conflict', `another process rotates the ${role} keys of ${dataDir}`);
  try {
    await finishKeyFiles(dataDir, role);
    const files = keyFilesOf(dataDir, role);
    const [signing, published] = [await readText(files.signing), await readText(files.published)];
    if (signing === undefined || published === undefined) {
      throw new DroverError('config-invalid', `${dataDir} holds no ${role} keys; start the hub once to have them made`);
    }
    const { graceMs = defaultOverlap[role].graceMs, overlapMs = defaultOverlap[role].overlapMs } = given;
    const rotated = await rotateKeys({
      role,
      hubId,
      signing: readSigningKey(signing, files.signing),
      published: readPublishedKeys(published, files.published),
      nowMs,
      graceMs,
      overlapMs,
    });
    await writeKeyFiles(dataDir, role, rotated);
    const { signsFromMs, retiresAtMs } = rotated;
    return { role, kid: rotated.signing.next?.kid ?? rotated.signing.kid, signsFromMs, retiresAtMs };
  } finally {
    await lock.release();
  }
}
