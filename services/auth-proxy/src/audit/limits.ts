/** Every bound of the audit log. Tests make them small; a service uses {@link auditLimits} as they are. */
export interface AuditLimits {
  /** A record waits no longer than this for others of its subject (DESIGN.md). */
  readonly batchAgeMs: number;
  /**
   * Characters of NDJSON after which a batch goes out at once. With one record more, and three bytes of UTF-8 for
   * each UTF-16 unit at worst, a message stays under 1 MB, NATS's own default for `max_payload`.
   */
  readonly batchChars: number;
  /** A longer record loses its groups, so that one caller cannot make a message too large. */
  readonly recordChars: number;
  /** A longer path is cut: URLs of a kube-apiserver are short, except for labels selectors and exec's commands. */
  readonly pathChars: number;
  /** Bytes of messages that wait for NATS or the spool: about two seconds of 20,000 requests a second. */
  readonly pendingBytes: number;
  /** Messages that wait for JetStream's acknowledgement at a time. */
  readonly inFlight: number;
  /** Without an acknowledgement for this long, NATS counts as away. Also the longest wait of a new exec. */
  readonly publishTimeoutMs: number;
  /** The spool file's size at most: about 100,000 requests. */
  readonly spoolBytes: number;
  /** The first and the longest pause between tries to reach NATS again. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** `close()` flushes for this long, then puts what is left in the spool. */
  readonly closeTimeoutMs: number;
}

/** The limits of a real service. */
export const auditLimits: AuditLimits = Object.freeze({
  batchAgeMs: 100,
  batchChars: 192 * 1024,
  recordChars: 72 * 1024,
  pathChars: 8 * 1024,
  pendingBytes: 32 * 1024 * 1024,
  inFlight: 16,
  publishTimeoutMs: 2_000,
  spoolBytes: 64 * 1024 * 1024,
  retryFirstMs: 250,
  retryMaxMs: 5_000,
  closeTimeoutMs: 3_000,
});
