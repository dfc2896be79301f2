import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AuditMessage, decodeFrames, encodeFrame, type SpooledMessage } from './audit-message.ts';
import { claimSpool, type SpoolLock } from './spool-lock.ts';

/** The file begins with where the first message that is not yet acknowledged stands, in a field of fixed width. */
const headOf = (position: number): Buffer => Buffer.from(`drover-audit-spool ${String(position).padStart(12, '0')}\n`);
const headBytes = headOf(0).length;

/** Read at a time; a whole message, which is under 1 MB, always fits. */
const chunkBytes = 2 * 1024 * 1024;

/**
 * Messages on disk, in their order, while NATS is away. What `append` has taken survives a crash of the machine;
 * a torn last write is cut off at the next opening. One process at a time.
 */
export class Spool {
  readonly #handle: FileHandle;
  readonly #lock: SpoolLock;
  readonly #maxBytes: number;
  #first = headBytes;
  #end = headBytes;

  private constructor(handle: FileHandle, lock: SpoolLock, maxBytes: number) {
    this.#handle = handle;
    this.#lock = lock;
    this.#maxBytes = maxBytes;
  }

  /** Opens the file (or a numbered one beside it), making it (0600: it tells who did what) and its folder if needed. */
  static async open(file: string, maxBytes: number): Promise<Spool> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const lock = await claimSpool(file);
    try {
      const spool = new Spool(await open(lock.file, constants.O_RDWR | constants.O_CREAT, 0o600), lock, maxBytes);
      await spool.#recover();
      return spool;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  /** Bytes that wait to be published. */
  get pendingBytes(): number {
    return this.#end - this.#first;
  }

  /** Keeps the longest prefix of `messages` that fits, synced to disk, and says how many those are. */
  async append(messages: readonly AuditMessage[]): Promise<number> {
    const frames: Buffer[] = [];
    let bytes = 0;
    for (const message of messages) {
      const frame = encodeFrame(message);
      if (this.#end + bytes + frame.length > this.#maxBytes) break;
      frames.push(frame);
      bytes += frame.length;
    }
    if (frames.length === 0) return 0;
    // Nothing counts before it is synced: if the disk is full, the next write begins at the same place.
    await this.#writeAt(Buffer.concat(frames), this.#end);
    await this.#handle.datasync();
    this.#end += bytes;
    return frames.length;
  }

  /** The first messages, at most `count`. */
  async peek(count: number): Promise<SpooledMessage[]> {
    return (await this.#read(this.#first)).slice(0, count);
  }

  /** Forgets everything up to and with `message`, which was acknowledged; an empty file gives its space back. */
  async consume(message: SpooledMessage): Promise<void> {
    this.#first = message.end;
    if (this.isEmpty) await this.#clear();
    else await this.#writeAt(headOf(this.#first), 0);
  }

  async close(): Promise<void> {
    await this.#handle.close();
    await this.#lock.release();
  }

  async #recover(): Promise<void> {
    const { size } = await this.#handle.stat();
    const head = Buffer.alloc(headBytes);
    await this.#handle.read(head, 0, headBytes, 0);
    const position = Number(/^drover-audit-spool (\d{12})\n$/.exec(head.toString('latin1'))?.[1] ?? headBytes);
    if (size <= headBytes || position < headBytes || position > size) return this.#clear();
    this.#first = position;
    this.#end = size;
    let sound = position;
    for (let last: SpooledMessage | undefined; ; sound = last.end) {
      last = (await this.#read(sound)).at(-1);
      if (last === undefined) break;
    }
    await this.#handle.truncate(sound);
    this.#end = sound;
    if (this.isEmpty) await this.#clear();
  }

  async #read(from: number): Promise<SpooledMessage[]> {
    const bytes = Buffer.alloc(Math.min(chunkBytes, this.#end - from));
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, from);
    return decodeFrames(bytes.subarray(0, bytesRead), from);
  }

  async #clear(): Promise<void> {
    await this.#handle.truncate(0);
    await this.#writeAt(headOf(headBytes), 0);
    this.#first = headBytes;
    this.#end = headBytes;
  }

  async #writeAt(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  }
}
