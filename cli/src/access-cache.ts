import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, waitForLock } from '@drover/file-lock';
import { ensureOwnerFolder, writeOwnerFile } from './owner-file.ts';

/** What requests are sent with, for minutes. */
export interface AccessCredential {
  readonly token: string;
  /** RFC 3339 */
  readonly expiresAt: string;
}

interface Kept {
  readonly version: 1;
  /** The session that they are of; those of another count for nothing. */
  readonly session: string;
  /** By cluster; '' is for all, and the hub. */
  readonly credentials: Readonly<Record<string, AccessCredential>>;
}

/**
 * Access credentials of one hub, in a file that its owner alone reads. It is a cache: whatever cannot be read of it, a
 * file that was cut or edited, is as good as nothing, and is renewed.
 */
export class AccessCache {
  readonly #folder: string;
  readonly #path: string;

  constructor(configFolder: string, hub: string) {
    this.#folder = join(configFolder, 'access');
    // A URL is no file name.
    this.#path = join(this.#folder, `${createHash('sha256').update(hub).digest('hex').slice(0, 16)}.json`);
  }

  /** The credential for a cluster that has not expired. */
  async find(session: string, cluster: string, nowMs: number): Promise<AccessCredential | undefined> {
    const found = (await this.#read(session))?.credentials[cluster];
    return found !== undefined && nowMs < Date.parse(found.expiresAt) ? found : undefined;
  }

  /** Keeps a credential, and none that has expired. The caller holds {@link lock}. */
  async keep(session: string, cluster: string, credential: AccessCredential, nowMs: number): Promise<void> {
    const known = Object.entries((await this.#read(session))?.credentials ?? {});
    const live = known.filter(([, { expiresAt }]) => nowMs < Date.parse(expiresAt));
    const kept: Kept = { version: 1, session, credentials: { ...Object.fromEntries(live), [cluster]: credential } };
    await ensureOwnerFolder(this.#folder);
    await writeOwnerFile(this.#path, `${JSON.stringify(kept, null, 2)}\n`);
  }

  /** Forgets every credential. */
  forget(): Promise<void> {
    return rm(this.#path, { force: true });
  }

  /** Of many processes that want to renew, or to sign in, one does; the others wait and find what it has kept. */
  async lock(what: 'renew' | 'sign-in', timeoutMs: number, signal: AbortSignal): Promise<FileLock> {
    await ensureOwnerFolder(this.#folder);
    return waitForLock(`${this.#path}.${what}.lock`, { timeoutMs, signal });
  }

  async #read(session: string): Promise<Kept | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#path, 'utf8'));
      return isKept(value) && value.session === session ? value : undefined;
    } catch {
      return undefined;
    }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCredential = (value: unknown): value is AccessCredential =>
  isRecord(value) && typeof value['token'] === 'string' && typeof value['expiresAt'] === 'string';
const isKept = (value: unknown): value is Kept =>
  isRecord(value) &&
  value['version'] === 1 &&
  typeof value['session'] === 'string' &&
  isRecord(value['credentials']) &&
  Object.values(value['credentials']).every(isCredential);
