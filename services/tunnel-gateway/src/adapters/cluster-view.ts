import { type Bus, ObjectView } from '@drover/bus';
import { type Cluster, resources } from '@drover/contracts';
import type { Logger } from '@drover/telemetry';

/** A cluster that was removed (no key), or a key that was taken from its cluster. */
export type Revoked = (clusterUid: string, publicKey: string | undefined) => void;

/** Every cluster by uid, in memory. */
export class ClusterView {
  readonly #byUid = new Map<string, Cluster>();
  #view: ObjectView<Cluster> | undefined;

  static async open(bus: Bus, options: { readonly logger: Logger; onRevoked: Revoked }): Promise<ClusterView> {
    const clusters = new ClusterView();
    clusters.#view = await ObjectView.open<Cluster>(bus.objects(), resources.clusters, {
      onChange: (_name, now, before) => {
        if (before !== undefined) clusters.#byUid.delete(before.metadata.uid);
        if (now !== undefined) clusters.#byUid.set(now.metadata.uid, now);
        if (before !== undefined) tellRevoked(before, now, options.onRevoked);
      },
      onUnreadable: (key, error) => options.logger.error({ key, err: error }, 'a stored cluster cannot be read'),
      onDefect: error => options.logger.error({ err: error }, 'a change of a cluster could not be taken in'),
    });
    return clusters;
  }

  byUid(uid: string): Cluster | undefined {
    return this.#byUid.get(uid);
  }

  async close(): Promise<void> {
    await this.#view?.close();
  }
}

/** By what changed and not by what is: a key that was enrolled a moment ago may not be in this view yet. */
function tellRevoked(before: Cluster, now: Cluster | undefined, revoked: Revoked): void {
  const { uid } = before.metadata;
  if (now?.metadata.uid !== uid) return revoked(uid, undefined);
  const kept = now.status?.agentKeys ?? [];
  for (const key of before.status?.agentKeys ?? []) if (!kept.includes(key)) revoked(uid, key);
}
