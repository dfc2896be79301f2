import type { Clock } from '@drover/async';
import { KeptSession } from './kept-session.ts';
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

/** One kept session to each of a changing set of gateways. */
export class HopPool {
  readonly #options: HopPoolOptions;
  readonly #kept = new Map<string, { peer: HopPeer; session: KeptSession }>();
  /** Sessions to gateways that are gone, until their last stream has ended. */
  readonly #leaving = new Set<KeptSession>();

  constructor(options: HopPoolOptions) {
    this.#options = options;
  }

  /** Makes the set of peers this one: new ones are dialled; those that are gone take nothing new. */
  reconcile(peers: readonly HopPeer[]): void {
    const wanted = new Map(peers.map(peer => [peer.id, peer]));
    for (const [id, { peer, session }] of this.#kept) {
      if (wanted.get(id)?.hopAddress === peer.hopAddress) continue;
      this.#kept.delete(id);
      this.#leaving.add(session);
      void session.drain(leaveDeadlineMs).then(() => this.#leaving.delete(session));
    }
    for (const peer of peers) {
      if (!this.#kept.has(peer.id)) this.#kept.set(peer.id, { peer, session: this.#keep(peer) });
    }
  }

  /** The ready session to a gateway. */
  session(id: string): TunnelSession | undefined {
    return this.#kept.get(id)?.session.ready;
  }

  /** Every ready session. */
  sessions(): TunnelSession[] {
    return [...this.#kept.values()].flatMap(({ session }) => session.ready ?? []);
  }

  async close(): Promise<void> {
    const all = [...[...this.#kept.values()].map(({ session }) => session), ...this.#leaving];
    this.#kept.clear();
    await Promise.all(all.map(session => session.close()));
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
