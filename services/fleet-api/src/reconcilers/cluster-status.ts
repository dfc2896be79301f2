import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import type { Cluster } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { type AgentSession, nextStatus } from '../domain/cluster-status.ts';
import type { EventRecorder } from '../operations/event-recorder.ts';
import { clusters } from '../resources/index.ts';

/** What the reconciler reads and writes. */
export interface ClusterStatusParts {
  readonly registry: Registry;
  /** A cluster's live tunnel sessions, newest first. */
  readonly sessionsOf: (clusterUid: string) => readonly AgentSession[];
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps `status` of every cluster in step with the session directory. */
export class ClusterStatusReconciler {
  readonly #parts: ClusterStatusParts;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(parts: ClusterStatusParts) {
    this.#parts = parts;
  }

  /** Something may have changed. Many calls become at most one run after the one that is under way. */
  wake(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when what is under way is done. */
  async close(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      for (const { metadata } of this.#parts.registry.list(clusters)) {
        if (!this.#stopped) await this.#reconcile(metadata.name);
      }
    }
  }

  async #reconcile(name: string): Promise<void> {
    const { registry, sessionsOf, clock, logger, events } = this.#parts;
    const wanted = (cluster: Cluster): Cluster['status'] =>
      nextStatus(cluster.status, sessionsOf(cluster.metadata.uid), clock.now());
    const found = registry.find(clusters, name);
    if (found === undefined || wanted(found) === found.status) return;
    // What this replica has written, where it has written anything: another may have been quicker.
    let written: boolean | undefined;
    try {
      const cluster = await registry.update(
        clusters,
        name,
        current => {
          const status = wanted(current);
          const connected = status?.connected ?? false;
          written = connected === (current.status?.connected ?? false) ? undefined : connected;
          return status === undefined ? current : { ...current, status };
        },
        { part: 'status' },
      );
      if (written === true) events.record(cluster, 'AgentConnected', 'An agent of the cluster is connected.');
      if (written === false) events.record(cluster, 'AgentDisconnected', 'No agent of the cluster is connected.');
    } catch (error) {
      const { code } = DroverError.from(error);
      if (code !== 'not-found') logger.warn({ err: error, cluster: name }, 'the cluster’s status could not be written');
    }
  }
}
