import type { Cluster, Condition } from '@drover/contracts';
import { timestamp } from './timestamp.ts';

type Status = NonNullable<Cluster['status']>;

/** What a cluster's status is made from: one tunnel session of one of its agents. */
export interface AgentSession {
  readonly agentVersion: string;
  readonly kubernetesVersion: string;
}

/** `lastSeen` is written at most so often; a thousand connected clusters are then 17 writes a second. */
export const lastSeenPeriodMs = 60_000;

/** The status that a cluster with these sessions (newest first) should have now; the very same object where nothing is to be written. */
export function nextStatus(
  status: Status | undefined,
  sessions: readonly AgentSession[],
  nowMs: number,
): Status | undefined {
  const [newest] = sessions;
  if (newest === undefined) {
    if (!status?.connected) return status;
    const condition = connectedCondition(false, 'AgentDisconnected', 'No agent of the cluster is connected.', nowMs);
    return {
      ...status,
      connected: false,
      lastSeen: timestamp(nowMs),
      conditions: withCondition(status.conditions, condition),
    };
  }
  const { agentVersion, kubernetesVersion } = newest;
  const seenMs =
    status?.connected && status.lastSeen !== undefined ? Date.parse(status.lastSeen) : Number.NEGATIVE_INFINITY;
  const fresh = nowMs - seenMs < lastSeenPeriodMs;
  if (fresh && status?.agentVersion === agentVersion && status.kubernetesVersion === kubernetesVersion) return status;
  const condition = connectedCondition(true, 'AgentConnected', 'An agent of the cluster is connected.', nowMs);
  return {
    ...status,
    connected: true,
    agentVersion,
    kubernetesVersion,
    lastSeen: timestamp(nowMs),
    conditions: withCondition(status?.conditions, condition),
  };
}

const connectedCondition = (connected: boolean, reason: string, message: string, nowMs: number): Condition => ({
  type: 'Connected',
  status: connected ? 'True' : 'False',
  reason,
  message,
  lastTransitionTime: timestamp(nowMs),
});

/** The conditions with `next` among them; its time is that of the last change of its status. */
function withCondition(conditions: readonly Condition[] | undefined, next: Condition): Condition[] {
  const old = conditions?.find(({ type }) => type === next.type);
  const kept = old?.status === next.status ? { ...next, lastTransitionTime: old.lastTransitionTime } : next;
  return [...(conditions ?? []).filter(({ type }) => type !== next.type), kept];
}
