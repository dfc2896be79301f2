import type { Reset, StreamHandler, StreamTarget, TunnelStream } from '@drover/tunnel';

/** Opens streams to clusters. A refusal is an answer, not an exception: the next candidate is tried on it. */
export interface Dialer {
  open(target: StreamTarget, head: string | Buffer, fin: boolean, handler: StreamHandler): TunnelStream | Reset;
}
