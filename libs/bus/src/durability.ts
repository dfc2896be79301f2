/**
 * What an acknowledged write survives (T31). JetStream acknowledges before it syncs to disk, every two minutes by default;
 * `sync_interval: always`, which nats-server knows from 2.10 on, syncs first. A killed nats-server loses nothing either
 * way: the kernel has the bytes. A power failure does.
 */
export type Durability = 'synced' | 'two-minutes' | 'unknown';

const syncsFrom = [2, 10] as const;

/** Whether a nats-server of that version (`2.9.10`, or the text of `--version`) can sync every write; unknown: no. */
export function canSync(version: string): boolean {
  const match = /(\d+)\.(\d+)\.\d+/.exec(version);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return major > syncsFrom[0] || (major === syncsFrom[0] && minor >= syncsFrom[1]);
}

/**
 * What can be said of a server by the version that it tells its clients. Its `sync_interval` it tells to its operators only
 * (`/varz`, or the system account), so that of a newer one nothing is known.
 */
export const durabilityOf = (version: string): Durability => (canSync(version) ? 'unknown' : 'two-minutes');

const meanings: Readonly<Record<Durability, (version: string) => string>> = {
  synced: version => `NATS ${version} syncs every write to disk before it is acknowledged`,
  'two-minutes': version =>
    `NATS ${version} syncs to disk every two minutes (sync_interval: always needs nats-server 2.10 or later): a power failure may undo what was acknowledged since`,
  unknown: version =>
    `whether NATS ${version} syncs every write cannot be seen from here; set sync_interval: always in its jetstream settings`,
};

/** A sentence for people. */
export const durabilityText = (durability: Durability, version: string): string => meanings[durability](version);
