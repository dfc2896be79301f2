import { createHash } from 'node:crypto';
import { type BackupHeader, type BackupManifest, type BackupRecord, damaged, formatVersion } from './records.ts';

/** Enough for the keys and certificates of any hub; a backup that says more was not made by one. */
const maxFiles = 1000;

/** Adds up what goes by, for the manifest: when a backup is written, and again when it is read. */
export class Tally {
  readonly #files: { path: string; bytes: number; sha256: string }[] = [];
  readonly #objects = createHash('sha256');
  readonly #last = new Map<string, number | undefined>();
  #header: BackupHeader | undefined;
  #revision = 0;

  /** Takes the next record and its line. @throws DroverError `backup-invalid` where it is out of order */
  add(record: BackupRecord, line: Buffer): void {
    if (record.kind === 'header') {
      if (this.#header !== undefined) throw damaged('it has two headers');
      this.#header = record.header;
      return;
    }
    if (this.#header === undefined) throw damaged('it has no header');
    if (record.kind === 'file') this.#addFile(record.file);
    else if (record.kind === 'object') {
      const { key, revision, value } = record.change;
      if (revision <= this.#revision) throw damaged(`revision ${revision} is out of order`);
      this.#revision = revision;
      this.#last.set(key, value === undefined ? undefined : revision);
      this.#objects.update(line);
    }
  }

  /** The manifest of all that went by. */
  manifest(revision: number): BackupManifest {
    if (this.#header === undefined) throw damaged('it has no header');
    const { hub, takenAt } = this.#header;
    const live = this.live();
    const resources: Record<string, number> = {};
    for (const key of [...live.keys()].sort()) {
      const resource = key.slice(0, Math.max(key.indexOf('.'), 0));
      resources[resource] = (resources[resource] ?? 0) + 1;
    }
    const objects = { count: live.size, resources, sha256: this.#objects.copy().digest('hex') };
    return { version: formatVersion, hub, takenAt, revision, files: this.#files, objects };
  }

  /** The objects that are there at the end, each with its revision. */
  live(): Map<string, number> {
    const live = new Map<string, number>();
    for (const [key, revision] of this.#last) if (revision !== undefined) live.set(key, revision);
    return live;
  }

  #addFile({ path, data }: { readonly path: string; readonly data: Uint8Array }): void {
    if (this.#revision > 0) throw damaged(`the file ${path} comes after objects`);
    if (this.#files.length >= maxFiles) throw damaged(`it holds more than ${maxFiles} files`);
    if (this.#files.some(file => file.path === path)) throw damaged(`it holds ${path} twice`);
    this.#files.push({ path, bytes: data.length, sha256: createHash('sha256').update(data).digest('hex') });
  }
}
