import type { ResetCode, TunnelSession } from '@drover/tunnel';

/** An admitted agent's session. */
export interface AgentSession {
  readonly id: string;
  readonly clusterUid: string;
  readonly publicKey: string;
  readonly session: TunnelSession;
}

/** This gateway's sessions by cluster. */
export class AgentSessions {
  readonly #byCluster = new Map<string, AgentSession[]>();
  readonly #tunnels = new Map<string, readonly TunnelSession[]>();

  add(entry: AgentSession): void {
    this.#set(entry.clusterUid, [...(this.#byCluster.get(entry.clusterUid) ?? []), entry]);
  }

  remove(entry: AgentSession): void {
    this.#set(
      entry.clusterUid,
      (this.#byCluster.get(entry.clusterUid) ?? []).filter(other => other !== entry),
    );
  }

  /** The tunnels of a cluster; the array is made when sessions come and go, not for each request. */
  of(clusterUid: string): readonly TunnelSession[] {
    return this.#tunnels.get(clusterUid) ?? none;
  }

  all(): AgentSession[] {
    return [...this.#byCluster.values()].flat();
  }

  /** Closes the sessions that `unwanted` names. */
  closeWhere(unwanted: (entry: AgentSession) => boolean, code: ResetCode, message: string): void {
    for (const entry of this.all().filter(unwanted)) entry.session.close(code, message);
  }

  #set(clusterUid: string, entries: AgentSession[]): void {
    if (entries.length === 0) {
      this.#byCluster.delete(clusterUid);
      this.#tunnels.delete(clusterUid);
    } else {
      this.#byCluster.set(clusterUid, entries);
      this.#tunnels.set(
        clusterUid,
        entries.map(entry => entry.session),
      );
    }
  }
}

const none: readonly TunnelSession[] = Object.freeze([]);
