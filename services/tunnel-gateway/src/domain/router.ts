import {
  openFlag,
  type Reset,
  type StreamHandler,
  type StreamTarget,
  type TunnelSession,
  type TunnelStream,
} from '@drover/tunnel';
import type { Dialer } from './dialer.ts';

/** Where the router looks: sessions of this gateway, and ready sessions to gateways that have one. */
export interface RouteSources {
  localSessions(clusterUid: string): readonly TunnelSession[];
  /** Hop sessions to the other gateways that are said to hold a session of the cluster. */
  peerSessions(clusterUid: string): readonly TunnelSession[];
}

const noSession: Reset = Object.freeze({ code: 'no-session', message: 'no agent of the cluster is connected' });
const full: Reset = Object.freeze({
  code: 'refused',
  message: 'every tunnel of the cluster carries as many streams as it may',
});

/** Finds a session for each stream: one of this gateway's first, else one forward to another gateway, and no more. */
export class Router implements Dialer {
  readonly #sources: RouteSources;

  constructor(sources: RouteSources) {
    this.#sources = sources;
  }

  open(target: StreamTarget, head: string | Buffer, fin: boolean, handler: StreamHandler): TunnelStream | Reset {
    const local = this.#sources.localSessions(target.cluster);
    const stream = openOnFreest(local, target, head, fin, handler);
    if (stream !== undefined) return stream;
    if (target.flags & openFlag.forwarded) return local.some(isReady) ? full : noSession;
    const peers = this.#sources.peerSessions(target.cluster);
    const forwarded = { ...target, flags: target.flags | openFlag.forwarded };
    const onward = openOnFreest(peers, forwarded, head, fin, handler);
    return onward ?? (local.some(isReady) || peers.some(isReady) ? full : noSession);
  }
}

/** A session that has just been lost is still listed while its streams hear of it and are tried again. */
const isReady = (session: TunnelSession): boolean => session.state.name === 'ready';

/** Opens the stream on the session that carries the fewest. */
function openOnFreest(
  sessions: readonly TunnelSession[],
  target: StreamTarget,
  head: string | Buffer,
  fin: boolean,
  handler: StreamHandler,
): TunnelStream | undefined {
  let freest: TunnelSession | undefined;
  for (const session of sessions) {
    if (isReady(session) && (freest === undefined || session.streams < freest.streams)) freest = session;
  }
  return freest?.open(target, head, fin, handler);
}
