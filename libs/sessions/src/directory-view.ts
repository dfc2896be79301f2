/** One tunnel session of an agent. */
export interface TunnelRecord {
  /** The session's id. */
  readonly session: string;
  /** The cluster's name when the session was opened. */
  readonly cluster: string;
  readonly clusterUid: string;
  /** The id of the gateway that holds the session. */
  readonly gateway: string;
  readonly agentVersion: string;
  readonly kubernetesVersion: string;
  /** RFC 3339 */
  readonly openedAt: string;
}

/** A gateway that lives. */
export interface GatewayRecord {
  readonly id: string;
  /** `host:port` of its listener for other hub services. */
  readonly hopAddress: string;
}

const recordFields = ['session', 'cluster', 'clusterUid', 'gateway', 'agentVersion', 'kubernetesVersion', 'openedAt'];

const hasTexts = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every(name => typeof Reflect.get(value, name) === 'string');

export const isTunnelRecord = (value: unknown): value is TunnelRecord => hasTexts(value, recordFields);
export const isGatewayRecord = (value: unknown): value is GatewayRecord => hasTexts(value, ['id', 'hopAddress']);

/** The directory as last known, in memory: the data path asks this and never Redis. */
export class DirectoryView {
  readonly #listeners = new Set<() => void>();
  #gateways = new Map<string, GatewayRecord>();
  #sessions = new Map<string, TunnelRecord>();
  #byCluster = new Map<string, Map<string, TunnelRecord>>();

  /** Every gateway that lives, sorted by id. */
  gateways(): GatewayRecord[] {
    return [...this.#gateways.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  gateway(id: string): GatewayRecord | undefined {
    return this.#gateways.get(id);
  }

  /** Every session of the cluster, the newest first: an agent that came back is likelier to live. */
  sessionsOf(clusterUid: string): TunnelRecord[] {
    const sessions = [...(this.#byCluster.get(clusterUid)?.values() ?? [])];
    return sessions.sort((a, b) => (a.openedAt > b.openedAt ? -1 : 1));
  }

  /** The ids of the gateways that hold a session of the cluster, in the order of {@link sessionsOf}. */
  gatewaysOf(clusterUid: string): string[] {
    return [...new Set(this.sessionsOf(clusterUid).map(({ gateway }) => gateway))];
  }

  /** Calls `listener` after each refresh and each change learnt in another way; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Replaces everything. */
  replace(gateways: Iterable<GatewayRecord>, sessions: Iterable<TunnelRecord>): void {
    this.#gateways = new Map([...gateways].map(gateway => [gateway.id, gateway]));
    this.#sessions = new Map();
    this.#byCluster = new Map();
    for (const session of sessions) this.#index(session);
    this.#changed();
  }

  /** Adds what was learnt in another way than by a refresh. */
  add(record: TunnelRecord): void {
    this.#index(record);
    this.#changed();
  }

  delete(session: string): void {
    this.#drop(session);
    this.#changed();
  }

  #index(record: TunnelRecord): void {
    this.#drop(record.session);
    this.#sessions.set(record.session, record);
    const ofCluster = this.#byCluster.get(record.clusterUid) ?? new Map<string, TunnelRecord>();
    this.#byCluster.set(record.clusterUid, ofCluster.set(record.session, record));
  }

  #drop(session: string): void {
    const record = this.#sessions.get(session);
    if (!record) return;
    this.#sessions.delete(session);
    const ofCluster = this.#byCluster.get(record.clusterUid);
    ofCluster?.delete(session);
    if (ofCluster?.size === 0) this.#byCluster.delete(record.clusterUid);
  }
  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
