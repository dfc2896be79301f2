import { Backoff, type Cancel, type Clock } from '@drover/async';
import type { AuditMessage } from './audit-message.ts';
import { AuditQueue, type QueuedMessage } from './audit-queue.ts';
import type { AuditLimits } from './limits.ts';
import { publishWithin } from './publish-within.ts';
import type { Spool } from './spool.ts';

/** Appends one message to the stream DROVER_AUDIT, and resolves when JetStream has acknowledged it. */
export type PublishAudit = (
  subject: string,
  body: Uint8Array,
  options: { readonly msgId: string; readonly signal: AbortSignal },
) => Promise<void>;

/** Where the log tells what an operator must know (a pino logger is one). */
export interface AuditLogger {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface AuditCarrierOptions {
  readonly publish: PublishAudit;
  readonly spool: Spool;
  readonly logger: AuditLogger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: AuditLimits;
  /** Makes the message that tells how many records are missing. */
  readonly gap: (dropped: number) => AuditMessage;
}

/**
 * `live`: JetStream acknowledges. `spooling`: it does not, so messages go to disk, and the disk is drained from time
 * to time until it is empty. `closed`: nothing is taken any more; what was left is on disk.
 */
export type CarrierState =
  | { readonly kind: 'live' }
  | { readonly kind: 'spooling'; readonly sinceMs: number; readonly retry: Cancel | 'due' }
  | { readonly kind: 'closed' };

/** Carries messages to JetStream, or to the spool while it is away, in their order; one loop does all of it. */
export class AuditCarrier {
  readonly #options: AuditCarrierOptions;
  readonly #queue: AuditQueue;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  #state: CarrierState;
  #dropped = 0;
  #pumping: Promise<void> | undefined;

  constructor(options: AuditCarrierOptions) {
    const { limits, random, spool, clock } = options;
    this.#options = options;
    this.#queue = new AuditQueue(limits.pendingBytes);
    this.#backoff = new Backoff({ firstMs: limits.retryFirstMs, maxMs: limits.retryMaxMs, random });
    this.#state = spool.isEmpty ? { kind: 'live' } : { kind: 'spooling', sinceMs: clock.now(), retry: 'due' };
    this.#wake();
  }

  /** What an operator may watch. */
  status(): { state: CarrierState['kind']; pendingBytes: number; spoolBytes: number; dropped: number } {
    const spoolBytes = this.#options.spool.pendingBytes;
    return { state: this.#state.kind, pendingBytes: this.#queue.bytes, spoolBytes, dropped: this.#dropped };
  }

  /** Takes a message; it is dropped, and counted, when there is no room. */
  push(message: QueuedMessage): void {
    if (this.#state.kind !== 'closed' && this.#queue.push(message)) {
      this.#wake();
    } else {
      this.drop(message.records);
      message.settle?.(false);
    }
  }

  /** Counts records that cannot be kept. */
  drop(records: number, cause?: unknown): void {
    if (this.#dropped === 0) this.#options.logger.warn({ err: cause }, 'audit records cannot be kept and are dropped');
    this.#dropped += records;
    this.#wake();
  }

  /** Publishes what it holds; what is not acknowledged within the deadline goes to the spool. */
  async close(): Promise<void> {
    const cancelDeadline = this.#options.clock.after(this.#options.limits.closeTimeoutMs, () => this.#abort.abort());
    while (this.#pumping !== undefined) await this.#pumping;
    cancelDeadline();
    if (this.#state.kind === 'spooling' && this.#state.retry !== 'due') this.#state.retry();
    this.#state = { kind: 'closed' };
    await this.#keep([...this.#queue.take(), ...this.#takeGap()]);
  }

  #wake(): void {
    if (this.#pumping !== undefined || !this.#hasWork()) return;
    this.#pumping = this.#pump().finally(() => {
      this.#pumping = undefined;
      // Something may have come since the loop looked for the last time.
      this.#wake();
    });
  }

  #hasWork(): boolean {
    switch (this.#state.kind) {
      case 'live':
        return !this.#queue.isEmpty || this.#dropped > 0;
      case 'spooling':
        return !this.#queue.isEmpty || this.#state.retry === 'due';
      case 'closed':
        return false;
    }
  }

  async #pump(): Promise<void> {
    while (this.#hasWork()) {
      if (this.#state.kind === 'live') await this.#publish();
      else await this.#keep(this.#queue.take());
      if (this.#state.kind === 'spooling' && this.#state.retry === 'due') await this.#drain();
    }
  }

  async #publish(): Promise<void> {
    const messages = [...this.#queue.take(this.#options.limits.inFlight), ...this.#takeGap()];
    const failed = await this.#send(messages);
    for (const message of messages) if (!failed.includes(message)) message.settle?.(true);
    if (failed.length === 0) return;
    this.#options.logger.warn({}, 'JetStream does not acknowledge audit records; they go to the spool');
    this.#retryLater(this.#options.clock.now());
    await this.#keep(failed);
  }

  /** Publishes all at a time and gives back those that were not acknowledged. */
  async #send<Message extends AuditMessage>(messages: readonly Message[]): Promise<Message[]> {
    const { limits, clock, publish } = this.#options;
    const outcomes = await Promise.allSettled(
      messages.map(({ subject, body, msgId }) =>
        publishWithin(limits.publishTimeoutMs, clock, this.#abort.signal, signal =>
          publish(subject, body, { msgId, signal }),
        ),
      ),
    );
    return messages.filter((_, index) => outcomes[index]?.status === 'rejected');
  }

  /** Puts messages in the spool; what does not fit is dropped. */
  async #keep(messages: readonly QueuedMessage[]): Promise<void> {
    if (messages.length === 0) return;
    let kept = 0;
    let cause: unknown;
    try {
      kept = await this.#options.spool.append(messages);
    } catch (error) {
      cause = error;
    }
    for (const [index, message] of messages.entries()) {
      if (index >= kept) this.drop(message.records, cause);
      message.settle?.(index < kept);
    }
  }

  /** Publishes the oldest of the spool; when nothing is left in it, the log is live again. */
  async #drain(): Promise<void> {
    if (this.#state.kind !== 'spooling') return;
    const { spool, limits, clock, logger } = this.#options;
    const { sinceMs } = this.#state;
    try {
      const messages = await spool.peek(limits.inFlight);
      const firstFailed = (await this.#send(messages))[0];
      const last = firstFailed === undefined ? messages.at(-1) : messages[messages.indexOf(firstFailed) - 1];
      if (last !== undefined) await spool.consume(last);
      if (firstFailed !== undefined) return this.#retryLater(sinceMs);
    } catch (error) {
      logger.warn({ err: error }, 'the audit spool cannot be read');
      return this.#retryLater(sinceMs);
    }
    if (!spool.isEmpty) return;
    this.#backoff.reset();
    this.#state = { kind: 'live' };
    logger.info({ awayMs: clock.now() - sinceMs, dropped: this.#dropped }, 'audit records are acknowledged again');
  }

  #retryLater(sinceMs: number): void {
    const retry = this.#options.clock.after(this.#backoff.next(), () => {
      this.#state = { kind: 'spooling', sinceMs, retry: 'due' };
      this.#wake();
    });
    this.#state = { kind: 'spooling', sinceMs, retry };
  }

  /** The message that says how many records are missing, if any are; it is counted like them if it is lost too. */
  #takeGap(): QueuedMessage[] {
    const dropped = this.#dropped;
    if (dropped === 0) return [];
    this.#dropped = 0;
    return [{ ...this.#options.gap(dropped), settle: kept => kept || this.drop(dropped) }];
  }
}
