/** Every bound of the protocol, in one place (docs/tunnel-protocol.md has the same table). */
export const limits = Object.freeze({
  /** Streams that one side may have open on a session: 12 bits of the stream id. A thousand watches are normal. */
  maxStreams: 4096,
  /** One DATA frame. Bigger frames made small requests wait six times as long beside bulk (DATAPATH.md). */
  maxDataBytes: 16 * 1024,
  /** OPEN and HEAD: a request's or an answer's head. kube-apiserver's own limit is larger, real heads are < 16 KiB. */
  maxHeadBytes: 64 * 1024,
  /** CONTROL, IDENTITY and reasons. A full identity has 48 KiB of groups, base64 in a JWS. */
  maxControlBytes: 96 * 1024,
  /** What a sender may have on the way in one stream before the reader grants more. */
  windowBytes: 256 * 1024,
  /** Grants are sent in steps of this size: four WINDOW frames a window, not one for each DATA. */
  grantStepBytes: 64 * 1024,
  /** Unsent bytes in the transport above which DATA waits in its stream, so that a short answer can overtake bulk. */
  maxUnsentBytes: 128 * 1024,
  /** A writer is told to wait above this many bytes queued in its stream. */
  writeHighWaterBytes: 64 * 1024,
  /** A writer that does not wait is cut off here. A spliced stream queues at most a window. */
  maxQueuedBytes: 512 * 1024,
  /** Identities that a session remembers for each direction; the oldest is replaced. */
  maxIdentities: 512,
  /** Unsent bytes at which the session is given up: only PONG and reset floods come this far. */
  maxUnsentControlBytes: 8 * 1024 * 1024,
  /** Silence after which a PING is sent. */
  pingAfterMs: 4_000,
  /** Silence after which the peer counts as dead: with the check's period noticed within 15 s (T23). */
  deadAfterMs: 12_000,
  /** How often silence is looked at. */
  keepaliveCheckMs: 1_000,
  /** From the transport's opening to readiness. */
  handshakeTimeoutMs: 10_000,
  /** From a session's end until its transport is cut: the last frames' time to leave, where the peer reads no more. */
  closeTimeoutMs: 5_000,
});
