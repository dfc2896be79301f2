import type { TunnelEvent } from './subjects.ts';

/** The body of `drover.v1.evt.cluster.<c>.tunnel.opened|closed`. */
export interface TunnelEventBody {
  readonly cluster: string;
  readonly clusterUid: string;
  readonly session: string;
  readonly gateway: string;
  readonly agentVersion: string;
  readonly kubernetesVersion: string;
  /** RFC 3339 */
  readonly at: string;
  /** For `closed`: why. */
  readonly reason?: string;
}

const tunnelEventFields = [
  'cluster',
  'clusterUid',
  'session',
  'gateway',
  'agentVersion',
  'kubernetesVersion',
  'at',
] as const satisfies readonly (keyof TunnelEventBody)[];

/** What a message on `subjects.allTunnelEvents` says; undefined: it is no such event. */
export function readTunnelEvent(
  subject: string,
  body: unknown,
): { readonly happened: TunnelEvent; readonly body: TunnelEventBody } | undefined {
  const happened = /\.tunnel\.(opened|closed)$/.exec(subject)?.[1];
  if (happened === undefined || !isTunnelEventBody(body)) return undefined;
  return { happened: happened === 'opened' ? 'opened' : 'closed', body };
}

const isTunnelEventBody = (body: unknown): body is TunnelEventBody =>
  typeof body === 'object' &&
  body !== null &&
  tunnelEventFields.every(name => typeof Reflect.get(body, name) === 'string');

/** fleet-api's RPC `enrol`: a gateway asks whether this key with this join token may be an agent of the cluster. */
export interface EnrolRequest {
  readonly clusterUid: string;
  readonly publicKey: string;
  readonly joinToken: string;
}

/** Its answer; `pending`: the key waits for `drover cluster approve-agent`. */
export type EnrolReply =
  | { readonly outcome: 'accepted'; readonly cluster: string }
  | { readonly outcome: 'pending'; readonly cluster: string }
  | { readonly outcome: 'refused'; readonly code: 'join-token-invalid' };

/** One audit record of the stream DROVER_AUDIT. Records of a process are numbered without gaps. */
export interface AuditRecord {
  /** The process that wrote it, and the record's number there, from 1. */
  readonly process: string;
  readonly seq: number;
  /** `complete`: a request. `started`, `ended`: an upgraded stream. `gap`: `dropped` records could not be kept. */
  readonly stage: 'complete' | 'started' | 'ended' | 'gap';
  readonly requestId: string;
  /** RFC 3339, when the request came. */
  readonly at: string;
  readonly durationMs: number;
  readonly user: string;
  readonly groups: readonly string[];
  /** The caller, where `user` is impersonated. */
  readonly originalUser?: string;
  readonly token: string;
  readonly cluster: string;
  readonly method: string;
  /** What it would do, as RBAC knows it; exec, attach, port-forward and proxy are `create`, whatever the method. */
  readonly verb?: string;
  /** Path and query; secrets in the query are masked. */
  readonly path: string;
  readonly status: number;
  readonly sourceAddress: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly error?: string;
  /** Of a request to the hub itself: what it came to, where the path does not say it, such as `sign-in-refused`. */
  readonly action?: string;
  /** By which AuthProvider. */
  readonly provider?: string;
  /** The user whose name was given; of a name that the hub does not know only `accountHash`, since it may be a password. */
  readonly account?: string;
  /** The beginning of the name's SHA-256, hex: the same name again is seen to be the same. */
  readonly accountHash?: string;
  /** What was made or changed, such as `tokens/abc`. */
  readonly object?: string;
  /** Of a gap: how many records of this process are missing before it, since the last gap. */
  readonly dropped?: number;
}
