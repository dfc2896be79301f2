import { createHash } from 'node:crypto';
import type { ObjectChange } from '@drover/backup';
import { type Bus, startAfterRevision } from '@drover/bus';
import { DroverError } from '@drover/errors';

/** The two NATS users that a restore needs: one makes the bucket and sets its revision, the other writes. */
export interface RestoreStore {
  readonly setup: Bus;
  readonly writer: Bus;
}

/** Writes that are on their way at once; the server takes them in the order in which they were sent. */
const batchSize = 256;

/**
 * Writes objects into the empty bucket, in the given order, at the revisions after `revision`, and reads them again.
 *
 * @throws DroverError `conflict` where the bucket holds objects; `store-unavailable` where it did not take everything
 */
export async function restoreObjects(
  { setup, writer }: RestoreStore,
  revision: number,
  changes: AsyncIterable<ObjectChange>,
): Promise<{ readonly count: number; readonly revision: number }> {
  await startAfterRevision(setup, revision);
  const bucket = writer.objects();
  const written = new Map<string, string>();
  let last = revision;
  let sending: Promise<void>[] = [];
  for await (const { key, value = new Uint8Array() } of changes) {
    const expected = ++last;
    written.set(key, digestOf(value));
    sending.push(bucket.create(key, value).then(got => requireRevision(key, got, expected)));
    if (sending.length < batchSize) continue;
    await Promise.all(sending);
    sending = [];
  }
  await Promise.all(sending);
  await requireSame(writer, written);
  return { count: written.size, revision: last };
}

function requireRevision(key: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new DroverError(
    'store-unavailable',
    `${key} was stored at revision ${got}, not ${expected}: somebody else writes`,
  );
}

const digestOf = (value: Uint8Array): string => createHash('sha256').update(value).digest('base64');

async function requireSame(bus: Bus, written: ReadonlyMap<string, string>): Promise<void> {
  let found = 0;
  const stored = bus.objects().snapshot();
  for (let next = await stored.next(); !next.done; next = await stored.next()) {
    const write = next.value;
    if (write.operation === 'delete') continue;
    found++;
    if (written.get(write.key) !== digestOf(write.value)) {
      throw new DroverError('store-unavailable', `${write.key} is not in the store as it was written`);
    }
  }
  if (found !== written.size)
    throw new DroverError('store-unavailable', `the store kept ${found} of ${written.size} objects`);
}
