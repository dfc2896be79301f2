/** The peer broke the protocol; the session is closed with code `protocol`. */
export class TunnelProtocolError extends Error {
  override readonly name = 'TunnelProtocolError';
}
