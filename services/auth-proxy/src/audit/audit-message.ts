import { crc32 } from 'node:zlib';

/** Some records of one subject: what is published, or kept in the spool, as a whole. */
export interface AuditMessage {
  readonly subject: string;
  /** Unique for ever, so that JetStream drops a second copy (`Nats-Msg-Id`) within its duplicate window. */
  readonly msgId: string;
  /** NDJSON. */
  readonly body: Buffer;
  /** How many records: what is counted if the message cannot be kept. */
  readonly records: number;
}

/** A message of the spool, and where the next one begins. */
export interface SpooledMessage extends AuditMessage {
  readonly end: number;
}

/** `<subject> <msg id> <records> <bytes of the body> <crc32 of the body>`, then the body, then a line feed. */
export function encodeFrame({ subject, msgId, records, body }: AuditMessage): Buffer {
  return Buffer.concat([Buffer.from(`${subject} ${msgId} ${records} ${body.length} ${crc32(body)}\n`), body, lineFeed]);
}

const lineFeed = Buffer.from('\n');

/**
 * The whole messages at the beginning of `bytes`, which stand in the file from `offset` on. What follows them is cut
 * (the rest is in the next chunk, or a crash tore the last write) or damaged: the caller knows how far the file goes.
 */
export function decodeFrames(bytes: Buffer, offset: number): SpooledMessage[] {
  const messages: SpooledMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const headEnd = bytes.indexOf(10, at);
    const head = headEnd < 0 ? [] : bytes.toString('latin1', at, headEnd).split(' ');
    const [subject, msgId, records, length, checksum] = head;
    if (subject === undefined || msgId === undefined || head.length !== 5) break;
    const body = bytes.subarray(headEnd + 1, headEnd + 1 + Number(length));
    const end = headEnd + 2 + Number(length);
    if (!(end <= bytes.length) || bytes[end - 1] !== 10 || crc32(body) !== Number(checksum)) break;
    messages.push({ subject, msgId, records: Number(records), body, end: offset + end });
    at = end;
  }
  return messages;
}
