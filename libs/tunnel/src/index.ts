export {
  commonFeatures,
  commonVersion,
  features,
  type HandshakeMessage,
  type Hello,
  type IdentityKeys,
  type Join,
  readHandshake,
  readIdentityKeys,
  type ServiceJoin,
  versions,
  type Welcome,
} from './handshake.ts';
export {
  answerHeaders,
  isHopByHop,
  isIdentityHeader,
  nominate,
  withoutNominated,
} from './header-rules.ts';
export {
  decodeRequestHead,
  decodeResponseHead,
  decodeRoute,
  encodeRequestHead,
  encodeResponseHead,
  type OpenRoute,
  openFlag,
  type RequestHead,
  type ResponseHead,
} from './heads.ts';
export { dialHop, type HopTls } from './hop-dialer.ts';
export { type HopPeer, HopPool, type HopPoolOptions } from './hop-pool.ts';
export { keptBytes } from './kept-bytes.ts';
export { KeptSession, type KeptSessionOptions } from './kept-session.ts';
export { limits } from './limits.ts';
export { TunnelProtocolError } from './protocol-error.ts';
export type { Reset, ResetCode } from './reset.ts';
export { type SessionEvents, type SessionOptions, type StreamTarget, TunnelSession } from './session.ts';
export type { SessionState } from './session-state.ts';
export { SocketTransport } from './socket-transport.ts';
export { spliceHandler } from './splice.ts';
export { type StreamHandler, TunnelStream } from './stream.ts';
export type { StreamState } from './stream-state.ts';
export type { Transport, TransportEvents } from './transport.ts';
export { maxMessageBytes, tunnelSubprotocol, WebSocketTransport } from './websocket-transport.ts';
