import { type Cancel, type Clock, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { AuditCarrier, type AuditLogger, type CarrierState, type PublishAudit } from './audit-carrier.ts';
import { type AuditLimits, auditLimits } from './limits.ts';
import { RecordBatches } from './record-batches.ts';
import { type AuditEntry, RecordWriter } from './record-writer.ts';
import { Spool } from './spool.ts';

export interface AuditLogOptions {
  readonly publish: PublishAudit;
  /** A file that processes of the same folder may share: each claims its own, and publishes what was left in it. */
  readonly spoolFile: string;
  /** Another at each start (numbers begin at 1), made of `[A-Za-z0-9_-]`, such as `auth-proxy-<random>`. */
  readonly processId: string;
  readonly logger: AuditLogger;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly limits?: Partial<AuditLimits>;
}

/**
 * One record for each request, on its way to JetStream without anybody waiting for it (DESIGN.md, step 5).
 *
 * Records are gathered for at most 100 ms, then acknowledged by JetStream or kept in a bounded spool file. Nothing is
 * lost in silence: numbers have no gap, and what could not be kept is counted, logged, and told by a `gap` record.
 * Only a process that is killed loses the records of its last 100 ms. A message whose acknowledgement was lost is sent
 * again under the same id, so that JetStream drops the copy within its duplicate window; later, `process` and `seq`
 * tell a copy from a record.
 *
 * @example
 * const log = await AuditLog.open({ publish, spoolFile, processId, logger });
 * log.record(entry);                              // of a request: at once, never throws
 * await log.recordAcknowledged(entry, signal);    // before an upgraded stream flows, or `audit-unavailable`
 * await log.close();
 */
export class AuditLog {
  readonly #spool: Spool;
  readonly #clock: Clock;
  readonly #limits: AuditLimits;
  readonly #writer: RecordWriter;
  readonly #batches: RecordBatches;
  readonly #carrier: AuditCarrier;
  #cancelCut: Cancel | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: AuditLogOptions, limits: AuditLimits, spool: Spool) {
    const { publish, logger, processId, clock = systemClock, random = Math.random } = options;
    this.#spool = spool;
    this.#clock = clock;
    this.#limits = limits;
    this.#writer = new RecordWriter(processId, limits);
    this.#batches = new RecordBatches(processId, limits.batchChars);
    const gap = (dropped: number) => this.#batches.single(this.#writer.gap(dropped, clock.now()));
    this.#carrier = new AuditCarrier({ publish, spool, logger, clock, random, limits, gap });
  }

  /** Opens the spool and begins to drain what an earlier process left in it. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const limits = { ...auditLimits, ...options.limits };
    return new AuditLog(options, limits, await Spool.open(options.spoolFile, limits.spoolBytes));
  }

  /** What an operator may watch; sizes in bytes, `dropped` in records since the last gap record. */
  status(): { state: CarrierState['kind']; pendingBytes: number; spoolBytes: number; dropped: number } {
    return this.#carrier.status();
  }

  /** Takes a record. Costs one `JSON.stringify`; never waits, never throws. */
  record(entry: AuditEntry): void {
    try {
      const full = this.#batches.add(this.#writer.write(entry));
      if (full !== undefined) this.#carrier.push(full);
      this.#cancelCut ??= this.#clock.after(this.#limits.batchAgeMs, () => this.#cut());
    } catch (error) {
      // A record that cannot be written down is a defect, but not one of the request.
      this.#carrier.drop(1, error);
    }
  }

  /**
   * Takes a record and resolves when JetStream has acknowledged it or the spool holds it, synced to disk.
   * Rejects with `audit-unavailable` when neither can be, and with the signal's reason when nobody waits any more.
   */
  async recordAcknowledged(entry: AuditEntry, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const record = this.#writer.write(entry);
    const { promise: kept, resolve: settle, reject } = Promise.withResolvers<boolean>();
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    // What has gathered of the same caller goes first, so that the stream has the records in their order.
    const earlier = this.#batches.take(record);
    if (earlier !== undefined) this.#carrier.push(earlier);
    this.#carrier.push({ ...this.#batches.single(record), settle });
    try {
      if (!(await kept)) throw new DroverError('audit-unavailable');
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Publishes what it holds, spools what NATS does not take within the deadline, and lets go of the file. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#cut();
    await this.#carrier.close();
    await this.#spool.close();
  }

  /** Sends what has gathered on its way. */
  #cut(): void {
    this.#cancelCut?.();
    this.#cancelCut = undefined;
    for (const message of this.#batches.takeAll()) this.#carrier.push(message);
  }
}
