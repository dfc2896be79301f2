import type { Bus } from '@drover/bus';
import { serviceOfCertificate, subjects } from '@drover/contracts';
import { type Sessions, TunnelDirectory } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import {
  dialHop,
  HopPool,
  type HopTls,
  type Reset,
  type StreamHandler,
  type StreamTarget,
  type TunnelStream,
} from '@drover/tunnel';
import type { Dialer } from '../proxy/context.ts';

const noGateway: Reset = Object.freeze({ code: 'session-lost', message: 'no tunnel-gateway can be reached' });
const full: Reset = Object.freeze({
  code: 'refused',
  message: 'every session to a gateway carries as many streams as it may',
});

/** Sessions to every tunnel-gateway; a stream goes to one that is said to hold the cluster's tunnel, else to any. */
export class GatewayPool implements Dialer {
  readonly #directory: TunnelDirectory;
  readonly #hops: HopPool;
  readonly #events: { unsubscribe(): void };
  /** Gateways by cluster, until the directory changes. */
  readonly #holders = new Map<string, readonly string[]>();
  #turn = 0;

  constructor(options: {
    readonly bus: Bus;
    readonly sessions: Sessions;
    readonly tls: HopTls;
    readonly logger: Logger;
  }) {
    const { bus, logger } = options;
    this.#hops = new HopPool({
      dial: (peer, signal) =>
        dialHop(
          peer.hopAddress,
          options.tls,
          certificate => serviceOfCertificate(certificate) === 'tunnel-gateway',
          signal,
        ),
      onDefect: error => logger.error({ err: error }, 'a defect in a session between services'),
      onLost: (peer, reason, retryMs) =>
        logger.warn({ gateway: peer.id, err: reason, retryMs }, 'no session to a tunnel-gateway'),
    });
    this.#directory = new TunnelDirectory(options.sessions);
    this.#directory.view.onChange(() => {
      this.#holders.clear();
      this.#hops.reconcile(this.#directory.view.gateways().filter(({ hopAddress }) => hopAddress !== ''));
    });
    this.#events = bus.subscribe(subjects.allTunnelEvents, (body, subject) => this.#directory.observe(subject, body));
  }

  open(target: StreamTarget, head: string | Buffer, fin: boolean, handler: StreamHandler): TunnelStream | Reset {
    const holders = this.#holdersOf(target.cluster).flatMap(id => this.#hops.session(id) ?? []);
    const candidates = holders.length > 0 ? holders : this.#hops.sessions();
    if (candidates.length === 0) return noGateway;
    // In turn, so that a second try finds another gateway; one that is full passes the stream on to the next.
    const first = this.#turn++;
    for (let at = 0; at < candidates.length; at++) {
      const opened = candidates[(first + at) % candidates.length]?.open(target, head, fin, handler);
      if (opened !== undefined) return opened;
    }
    return full;
  }

  #holdersOf(clusterUid: string): readonly string[] {
    let holders = this.#holders.get(clusterUid);
    if (holders === undefined) {
      holders = this.#directory.view.gatewaysOf(clusterUid);
      // Only clusters that are there are kept, so that what callers name cannot make it grow.
      if (holders.length > 0) this.#holders.set(clusterUid, holders);
    }
    return holders;
  }

  async close(): Promise<void> {
    this.#events.unsubscribe();
    await this.#hops.close();
    await this.#directory.close();
  }
}
