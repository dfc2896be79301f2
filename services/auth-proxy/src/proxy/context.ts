import type { Reset, StreamHandler, StreamTarget, TunnelStream } from '@drover/tunnel';
import type { LiveExchanges } from '../access/live-exchanges.ts';
import type { RequestAudit } from './request-audit.ts';

/** Opens streams to clusters: the gateway itself in one process, else sessions to gateways. */
export interface Dialer {
  open(target: StreamTarget, head: string | Buffer, fin: boolean, handler: StreamHandler): TunnelStream | Reset;
}

/** What every exchange needs. */
export interface ProxyContext {
  readonly dialer: Dialer;
  readonly live: LiveExchanges;
  readonly audit: RequestAudit;
}
