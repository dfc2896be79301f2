import type { AuditMessage } from './audit-message.ts';

/** A message on its way out, and whoever waits until it is kept. */
export interface QueuedMessage extends AuditMessage {
  /** Called once: the message is acknowledged or synced to disk (`true`), or cannot be kept. */
  readonly settle?: (kept: boolean) => void;
}

/** Messages that wait for NATS or the spool, first in, first out, up to a number of bytes. */
export class AuditQueue {
  readonly #maxBytes: number;
  #messages: QueuedMessage[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there was room. */
  push(message: QueuedMessage): boolean {
    if (this.#bytes + message.body.length > this.#maxBytes) return false;
    this.#messages.push(message);
    this.#bytes += message.body.length;
    return true;
  }

  /** The first messages, at most `count`. */
  take(count = Number.POSITIVE_INFINITY): QueuedMessage[] {
    const taken = this.#messages.slice(0, count);
    this.#messages = this.#messages.slice(taken.length);
    for (const { body } of taken) this.#bytes -= body.length;
    return taken;
  }
}
