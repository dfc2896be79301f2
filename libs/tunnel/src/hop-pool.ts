import type { Clock } from '@drover/async';
import { KeptSession } from './kept-session.ts';
import { limits } from './limits.ts';
import type { Reset } from './reset.ts';
import type { TunnelSession } from './session.ts';
import type { StreamHandler } from './stream.ts';
import type { Transport } from './transport.ts';

/** A gateway as the directory names it. */
export interface HopPeer {
  readonly id: string;
  /** `host:port` of its hop listener. */
  readonly hopAddress: string;
}

export interface HopPoolOptions {
  dial(peer: HopPeer, signal: AbortSignal): Promise<Transport>;
  /** A session was lost or could not be had. */
  onLost?(peer: HopPeer, reason: Reset | Error, retryMs: number): void;
  /** See {@link SessionEvents.onDefect}. */
  onDefect?(error: unknown): void;
  readonly clock?: Clock;
}

/**
 * How long streams over a gateway that has left the directory may go on: one that stops leaves it first and ends its
 * sessions itself, and watches end sooner than this.
 */
const leaveDeadlineMs = 60_000;

/** A session with more streams than this gets another beside it: by the time it is full, that one is ready. */
const crowdedStreams = (limits.maxStreams * 3) / 4;
/** Sessions to one gateway: 16384 streams, more than one process serves well. */
const maxSessionsPerPeer = 4;

interface KeptPeer {
  readonly peer: HopPeer;
  readonly sessions: KeptSession[];
}

/** Kept sessions to each of a changing set of gateways: one, and more where it is crowded. */
export class HopPool {
  readonly #options: HopPoolOptions;
  readonly #kept = new Map<string, KeptPeer>();
  /** Sessions to gateways that are gone, until their last stream has ended. */
  readonly #leaving = new Set<KeptSession>();

  constructor(options: HopPoolOptions) {
    this.#options = options;
  }

  /** Makes the set of peers this one: new ones are dialled; those that are gone take nothing new. */
  reconcile(peers: readonly HopPeer[]): void {
    const wanted = new Map(peers.map(peer => [peer.id, peer]));
    for (const [id, { peer, sessions }] of this.#kept) {
      if (wanted.get(id)?.hopAddress === peer.hopAddress) continue;
      this.#kept.delete(id);
      for (const session of sessions) {
        this.#leaving.add(session);
        void session.drain(leaveDeadlineMs).then(() => this.#leaving.delete(session));
      }
    }
    for (const peer of peers) {
      if (!this.#kept.has(peer.id)) this.#kept.set(peer.id, { peer, sessions: [this.#keep(peer)] });
    }
  }

  /** The ready session to a gateway that carries the fewest streams. */
  session(id: string): TunnelSession | undefined {
    const kept = this.#kept.get(id);
    return kept === undefined ? undefined : this.#freest(kept);
  }

  /** A ready session to each gateway that there is one to. */
  sessions(): TunnelSession[] {
    return [...this.#kept.values()].flatMap(kept => this.#freest(kept) ?? []);
  }

  async close(): Promise<void> {
    const all = [...[...this.#kept.values()].flatMap(({ sessions }) => sessions), ...this.#leaving];
    this.#kept.clear();
    await Promise.all(all.map(session => session.close()));
  }

  #freest({ peer, sessions }: KeptPeer): TunnelSession | undefined {
    let freest: TunnelSession | undefined;
    let allReady = true;
    for (const { ready } of sessions) {
      if (ready === undefined) allReady = false;
      else if (freest === undefined || ready.streams < freest.streams) freest = ready;
    }
    // One at a time: a session that is being dialled will take what comes.
    if (freest !== undefined && freest.streams >= crowdedStreams && allReady && sessions.length < maxSessionsPerPeer)
      sessions.push(this.#keep(peer));
    return freest;
  }

  #keep(peer: HopPeer): KeptSession {
    const { onDefect, clock } = this.#options;
    return new KeptSession({
      ...(clock === undefined ? {} : { clock }),
      ...(onDefect === undefined ? {} : { onDefect: (error: unknown) => onDefect.call(this.#options, error) }),
      dial: signal => this.#options.dial(peer, signal),
      join: () => ({ type: 'service-join' }),
      events: session => ({
        onOpen: stream => {
          stream.reset('protocol', 'gateways open no streams towards those that dialled them');
          return ignored;
        },
        onIdentity: () => session.close('protocol', 'gateways name no identities'),
      }),
      onLost: (reason, retryMs) => this.#options.onLost?.(peer, reason, retryMs),
    });
  }
}

const ignored: StreamHandler = { onHead() {}, onData() {}, onEnd() {}, onReset() {} };
