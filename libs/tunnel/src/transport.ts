/** What a transport tells its session. */
export interface TransportEvents {
  /** Bytes in the order they were sent, in whatever pieces. A piece is not changed afterwards. */
  onBytes(chunk: Buffer): void;
  /** Bytes that were unsent have gone out; called at some time after every `send`, and not from within it. */
  onDrain(): void;
  /** No more bytes will come or go. Called once, and not before `start` has returned. */
  onClose(error?: Error): void;
}

/** An ordered, reliable, two-way byte stream (a WebSocket's binary messages, or a TLS socket). */
export interface Transport {
  /** Bytes taken by `send` that the network has not taken yet. */
  readonly unsentBytes: number;
  /** Takes the buffer over; it is not changed afterwards. */
  send(bytes: Buffer): void;
  /** Called once, by the session. */
  start(events: TransportEvents): void;
  /** Sends what is unsent, then closes. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}
