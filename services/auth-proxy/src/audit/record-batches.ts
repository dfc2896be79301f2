import { isLabel, subjects } from '@drover/contracts';
import type { AuditMessage } from './audit-message.ts';
import type { RecordLine } from './record-writer.ts';

interface Batch {
  readonly subject: string;
  readonly firstSeq: number;
  records: number;
  text: string;
}

const keyOf = ({ cluster, user }: RecordLine): string => `${cluster}\n${user}`;

/** Whatever a caller writes as a cluster's name is recorded; only a possible name may be part of a subject. */
const subjectOf = ({ cluster, user }: RecordLine): string => subjects.audit(isLabel(cluster) ? cluster : '_hub', user);

/** The records of the last moments, gathered by cluster and principal. */
export class RecordBatches {
  readonly #processId: string;
  readonly #maxChars: number;
  readonly #open = new Map<string, Batch>();

  constructor(processId: string, maxChars: number) {
    this.#processId = processId;
    this.#maxChars = maxChars;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** Adds a record; gives back the whole batch if it is full. Costs the same whatever has gathered. */
  add(record: RecordLine): AuditMessage | undefined {
    const key = keyOf(record);
    let batch = this.#open.get(key);
    if (batch === undefined) {
      batch = { subject: subjectOf(record), firstSeq: record.seq, records: 0, text: '' };
      this.#open.set(key, batch);
    }
    batch.records++;
    batch.text += record.line;
    if (batch.text.length < this.#maxChars) return undefined;
    this.#open.delete(key);
    return this.#message(batch);
  }

  /** Everything that has gathered of the record's caller in its cluster. */
  take(record: RecordLine): AuditMessage | undefined {
    const key = keyOf(record);
    const batch = this.#open.get(key);
    this.#open.delete(key);
    return batch && this.#message(batch);
  }

  /** A message of this record alone. */
  single(record: RecordLine): AuditMessage {
    return this.#message({ subject: subjectOf(record), firstSeq: record.seq, records: 1, text: record.line });
  }

  /** Everything that has gathered. */
  takeAll(): AuditMessage[] {
    const batches = [...this.#open.values()];
    this.#open.clear();
    return batches.map(batch => this.#message(batch));
  }

  #message({ subject, firstSeq, records, text }: Batch): AuditMessage {
    return { subject, msgId: `${this.#processId}.${firstSeq}`, body: Buffer.from(text), records };
  }
}
