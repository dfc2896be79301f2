import { resolve } from 'node:path';
import { type BackupManifest, type ObjectChange, type SealingKeys, writeBackup } from '@drover/backup';
import type { Bus } from '@drover/bus';
import { version } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { writeNewFile } from './atomic-file.ts';
import { hubFilesOf, hubIdOf } from './hub-files.ts';
import { type OwnNats, openHubStore } from './hub-store.ts';

export interface BackUpOptions {
  readonly dataDir: string;
  /** The file to write, which must not exist. */
  readonly target: string;
  readonly keys: SealingKeys;
  /** Where the objects are, if not in the hub's private NATS. */
  readonly nats?: OwnNats;
  readonly nowMs?: number;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A backup that was written. */
export interface BackedUp {
  readonly file: string;
  readonly bytes: number;
  readonly manifest: BackupManifest;
}

/**
 * Backs up the hub on a data folder, whether it runs or not: every object as of one revision, and its keys, certificates
 * and settings. Not Redis, and not the streams of audit and events.
 *
 * @throws DroverError `config-invalid` (the file exists, no data folder), `unreachable`, `store-unavailable`
 * @example
 * await backUpHub({ dataDir: '.drover', target: 'hub.age', keys: { kind: 'recipients', recipients: ['age1…'] } });
 */
export async function backUpHub(options: BackUpOptions): Promise<BackedUp> {
  const { nowMs = Date.now(), say = () => {}, signal, nats } = options;
  const dataDir = resolve(options.dataDir);
  const target = resolve(options.target);
  const hub = await hubIdOf(dataDir);
  let manifest: BackupManifest | undefined;
  const bytes = await writeNewFile(target, async file => {
    await using opened = new AsyncDisposableStack();
    const bus = await openHubStore(dataDir, opened, { say, ...(nats ? { nats } : {}), ...(signal ? { signal } : {}) });
    const contents = {
      hub,
      takenAt: new Date(nowMs).toISOString(),
      by: version,
      files: hubFilesOf(dataDir),
      objects: objectsOf(bus, signal),
    };
    manifest = await writeBackup(file, options.keys, contents, signal);
  });
  if (manifest === undefined) throw new DroverError('internal', 'a backup without a manifest');
  return { file: target, bytes, manifest };
}

async function* objectsOf(bus: Bus, signal?: AbortSignal): AsyncGenerator<ObjectChange, number, void> {
  const writes = bus.objects().snapshot(signal ? { signal } : {});
  try {
    for (;;) {
      const next = await writes.next();
      if (next.done) return next.value;
      const { key, revision } = next.value;
      yield next.value.operation === 'put' ? { key, revision, value: next.value.value } : { key, revision };
    }
  } finally {
    await writes.return(0);
  }
}
