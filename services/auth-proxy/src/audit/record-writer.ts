import type { AuditRecord } from '@drover/contracts';
import type { AuditLimits } from './limits.ts';
import { maskSecrets } from './secret-mask.ts';

/** What a caller of the audit log knows; the log adds the process and the number. There is no place for a header. */
export type AuditEntry = Omit<AuditRecord, 'process' | 'seq' | 'dropped'>;

/** A record as it stands in a message, and what decides on its subject. */
export interface RecordLine {
  readonly cluster: string;
  readonly user: string;
  readonly seq: number;
  /** JSON, with its line feed. */
  readonly line: string;
}

/** Optional fields too, so that one that is new in the contract cannot be forgotten here. */
type EveryField = { readonly [Field in Exclude<keyof Required<AuditRecord>, 'dropped'>]: AuditRecord[Field] };

/** Numbers the records of a process, without a gap, and writes them down. */
export class RecordWriter {
  readonly #processId: string;
  readonly #limits: AuditLimits;
  #seq = 0;

  constructor(processId: string, limits: AuditLimits) {
    this.#processId = processId;
    this.#limits = limits;
  }

  /** The next record. */
  write(entry: AuditEntry): RecordLine {
    const { pathChars, recordChars } = this.#limits;
    const path = maskSecrets(entry.path);
    // Field by field, so that nothing else of the caller's object can reach the record.
    const record: EveryField = {
      process: this.#processId,
      seq: ++this.#seq,
      stage: entry.stage,
      requestId: entry.requestId,
      at: entry.at,
      durationMs: entry.durationMs,
      user: entry.user,
      groups: entry.groups,
      // JSON leaves out what is undefined.
      originalUser: entry.originalUser,
      token: entry.token,
      cluster: entry.cluster,
      method: entry.method,
      verb: entry.verb,
      path: path.length > pathChars ? `${path.slice(0, pathChars)}…` : path,
      status: entry.status,
      sourceAddress: entry.sourceAddress,
      bytesIn: entry.bytesIn,
      bytesOut: entry.bytesOut,
      error: entry.error,
      action: entry.action,
      provider: entry.provider,
      account: entry.account,
      accountHash: entry.accountHash,
      object: entry.object,
    };
    const line = lineOf(record);
    return line.line.length > recordChars ? lineOf({ ...record, groups: [] }) : line;
  }

  /** The record that tells how many others could not be kept. */
  gap(dropped: number, nowMs: number): RecordLine {
    return lineOf({
      process: this.#processId,
      seq: ++this.#seq,
      stage: 'gap',
      requestId: '',
      at: new Date(nowMs).toISOString(),
      durationMs: 0,
      user: '',
      groups: [],
      token: '',
      cluster: '_hub',
      method: '',
      path: '',
      status: 0,
      sourceAddress: '',
      bytesIn: 0,
      bytesOut: 0,
      dropped,
    });
  }
}

const lineOf = (record: AuditRecord): RecordLine => ({
  cluster: record.cluster,
  user: record.user,
  seq: record.seq,
  line: `${JSON.stringify(record)}\n`,
});
