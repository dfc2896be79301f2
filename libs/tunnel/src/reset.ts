/** Why a stream or a session ended before its time. The order is the number on the wire: append only. */
export const resetCodes = [
  /** The one who asked has gone away. */
  'cancelled',
  /** No agent of the cluster is connected (here, or on the gateway that was asked). */
  'no-session',
  /** The session, or the next hop's, broke. */
  'session-lost',
  /** A limit was reached: streams or queued bytes. */
  'refused',
  /** The peer broke the protocol. */
  'protocol',
  /** What was being read from the other side broke off: the answer is not whole. */
  'upstream-cut',
  /** A defect. */
  'internal',
  /** Nothing was heard of the peer for `deadAfterMs`. */
  'peer-silent',
  /** The side is shutting down. */
  'shutdown',
  /** No common version of the protocol. */
  'version-unsupported',
  /** The handshake did not end in time. */
  'handshake-timeout',
  /** The proof of possession or the join token was not accepted. */
  'not-admitted',
  /** The agent's key waits for approval. */
  'pending-approval',
  /** The cluster, the token or the user was removed. */
  'revoked',
] as const;

export type ResetCode = (typeof resetCodes)[number];

export interface Reset {
  readonly code: ResetCode;
  /** For logs and for the user; never a secret. */
  readonly message: string;
}

/** A reason's text is cut here, at a whole character: it is for a log line and for one line of kubectl. */
const maxReasonBytes = 1024;

export function encodeReset(reset: Reset): Buffer {
  const bytes = Buffer.allocUnsafe(1 + maxReasonBytes);
  bytes[0] = resetCodes.indexOf(reset.code);
  return bytes.subarray(0, 1 + bytes.write(reset.message, 1, 'utf8'));
}

/** A code that this build does not know reads as `internal`: a newer peer may send it. */
export const decodeReset = (payload: Buffer): Reset => ({
  code: resetCodes[payload[0] ?? -1] ?? 'internal',
  message: payload.toString('utf8', 1, 1 + maxReasonBytes),
});
