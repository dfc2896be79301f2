import type { ApiObject, Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import type { Cluster, Event } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { timestamp } from '../domain/timestamp.ts';
import { events, newObject } from '../resources/index.ts';

/** What happens to clusters, each told by one Event that counts; so a cluster has no more Events of the hub than these. */
const kinds = {
  ClusterJoined: 'Normal',
  AgentConnected: 'Normal',
  AgentDisconnected: 'Warning',
  AgentKeyPending: 'Warning',
  AgentKeysApproved: 'Normal',
} as const;

export type ClusterEventReason = keyof typeof kinds;

/** Events that wait to be written: all of some thousand clusters that come back at once; more are not told. */
const maxWaiting = 5_000;

/** Tells what happens to clusters as Events in their namespaces. Nobody waits for it, and nothing depends on it. */
export class EventRecorder {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(registry: Registry, clock: Clock, logger: Logger) {
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** To be called by the replica alone whose write made it so: each call counts. */
  record(cluster: Cluster, reason: ClusterEventReason, message: string): void {
    if (this.#closed || this.#waiting >= maxWaiting) return;
    this.#waiting++;
    const { name, uid } = cluster.metadata;
    const now = timestamp(this.#clock.now());
    const spec = {
      type: kinds[reason],
      reason,
      message,
      regarding: { kind: cluster.kind, name, uid },
      reportedBy: 'drover',
      lastSeen: now,
    };
    this.#last = this.#last
      .then(() => this.#write(name, spec))
      .catch(error => this.#logger.debug({ err: error, cluster: name, reason }, 'an event could not be written'))
      .finally(() => {
        this.#waiting--;
      });
  }

  /** Resolves when what was recorded is written. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #write(cluster: string, spec: Event['spec']): Promise<void> {
    const name = `${cluster}.${spec.reason.toLowerCase()}`;
    const first = newObject('Event', name);
    const draft: Event = { ...first, metadata: { ...first.metadata, namespace: cluster }, spec: { ...spec, count: 1 } };
    try {
      if (this.#registry.find(events, name, cluster) === undefined)
        return void (await this.#registry.create(events, draft));
    } catch (error) {
      if (!isCode(error, 'already-exists')) throw error;
    }
    const again = (current: Event): Event => ({
      ...current,
      // A cluster that was made anew under the name begins to count anew.
      spec: { ...spec, count: current.spec.regarding.uid === spec.regarding.uid ? (current.spec.count ?? 1) + 1 : 1 },
    });
    await this.#registry.update<Event & ApiObject>(events, name, again, { namespace: cluster });
  }
}

const isCode = (error: unknown, code: string): boolean => DroverError.from(error).code === code;
