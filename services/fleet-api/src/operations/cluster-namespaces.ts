import type { Namespace, Registry } from '@drover/apiserver';
import { type Clock, every } from '@drover/async';
import type { Cluster } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { clusters, namespaces } from '../resources/index.ts';

/** Between two looks at all clusters: for what an earlier process left that ended in the middle. */
const sweepPeriodMs = 10 * 60_000;

/**
 * Keeps a namespace of its name for each cluster, the home of what is said of that cluster on the hub. It goes with the
 * cluster, and everything in it goes before.
 */
export class ClusterNamespaces {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancel: () => void = () => {};

  constructor(registry: Registry, clock: Clock, logger: Logger) {
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
    const settle = ({ metadata }: Cluster | Namespace): Promise<void> => this.#settle(metadata.name);
    registry.hook(clusters, { afterCreate: settle, afterDelete: settle });
    // A cluster may have been made anew while the namespace of the earlier one was still being emptied.
    registry.hook(namespaces, { afterDelete: settle });
  }

  /** Looks at all clusters now, and from then on every ten minutes. */
  async start(): Promise<void> {
    this.#cancel = every(this.#clock, sweepPeriodMs, () => void this.sweep());
    await this.sweep();
  }

  close(): void {
    this.#cancel();
  }

  async sweep(): Promise<void> {
    const names = [...this.#registry.list(clusters), ...this.#registry.list(namespaces)].map(
      ({ metadata }) => metadata.name,
    );
    for (const name of new Set(names)) await this.#settle(name);
  }

  /** A failure here must not fail what was done to the cluster: the next sweep does what is left. */
  async #settle(name: string): Promise<void> {
    try {
      const cluster = this.#registry.find(clusters, name);
      const found = this.#registry.find(namespaces, name);
      if (cluster === undefined && found !== undefined) await this.#registry.delete(namespaces, name);
      // A cluster that is going waits for its namespace to go.
      else if (cluster !== undefined && found === undefined && cluster.metadata.deletionTimestamp === undefined)
        await this.#make(cluster);
    } catch (error) {
      const { code } = DroverError.from(error);
      // Another replica was quicker.
      if (code === 'already-exists' || code === 'not-found') return;
      this.#logger.warn({ err: error, namespace: name }, 'the namespace of a cluster could not be made or removed');
    }
  }

  async #make({ apiVersion, kind, metadata: { name, uid } }: Cluster): Promise<void> {
    const owner = { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
    const metadata = { name, uid: '', resourceVersion: '', creationTimestamp: '', ownerReferences: [owner] };
    await this.#registry.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
  }
}
