import { finBit, frameHeaderBytes, frameType, mayEnd } from './frames.ts';
import { limits } from './limits.ts';

/**
 * The largest arena: one full DATA frame. Larger ones live longer, and it is their garbage that costs a download: what
 * survives two collections of the young generation is freed by a full one only.
 */
const maxArenaBytes = frameHeaderBytes + limits.maxDataBytes;
/** The first arena: an idle session sends 16 bytes every few seconds, and there may be thousands of them. */
const firstArenaBytes = 1024;

/**
 * Writes frames one after another into arenas and hands each filled piece on. An arena is never written twice, so a
 * piece may be kept by the transport without a copy; one allocation serves 16 KiB of frames.
 */
export class FrameWriter {
  readonly #send: (piece: Buffer) => void;
  #arena: Buffer = noBytes;
  #nextArenaBytes = firstArenaBytes;
  #start = 0;
  #end = 0;
  /** Where in the arena the last frame begins. */
  #last = 0;

  constructor(send: (piece: Buffer) => void) {
    this.#send = send;
  }

  /** Bytes that `flush` will send. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  frame(type: number, fin: boolean, stream: number, payload: Buffer): void {
    const at = this.#begin(type, fin, stream, payload.length);
    payload.copy(this.#arena, at);
  }

  /** A frame whose payload is `prefix` and then `rest`, where text is written in latin1: one byte a character. */
  joinedFrame(type: number, fin: boolean, stream: number, prefix: Buffer, rest: string | Buffer): void {
    const at = this.#begin(type, fin, stream, prefix.length + rest.length);
    prefix.copy(this.#arena, at);
    if (typeof rest === 'string') this.#arena.write(rest, at + prefix.length, rest.length, 'latin1');
    else rest.copy(this.#arena, at + prefix.length);
  }

  /** A frame whose payload is one u32. */
  numberFrame(type: number, stream: number, value: number): void {
    const at = this.#begin(type, false, stream, 4);
    this.#arena.writeUInt32BE(value, at);
  }

  /**
   * Ends a stream's direction: by the FIN of its last frame where nothing was written after that and it has not left, so
   * that a short answer is two frames instead of three, else by an empty DATA.
   */
  finish(stream: number): void {
    const at = this.#last;
    const unsent = at >= this.#start && at < this.#end;
    const type = this.#arena[at + 3] ?? 0;
    if (unsent && mayEnd(type) && this.#arena.readUInt32BE(at + 4) === stream) this.#arena[at + 3] = type | finBit;
    else this.frame(frameType.data, true, stream, noBytes);
  }

  flush(): void {
    if (this.#end === this.#start) return;
    const piece = this.#arena.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#send(piece);
  }

  /** Lets go of the arena, once it is flushed, and begins again with a small one: nothing much is being sent. */
  relax(): void {
    if (this.#nextArenaBytes === firstArenaBytes || this.pendingBytes > 0) return;
    this.#arena = noBytes;
    this.#nextArenaBytes = firstArenaBytes;
    this.#start = 0;
    this.#end = 0;
  }

  /** Writes a frame's header; returns where in the arena its payload goes. */
  #begin(type: number, fin: boolean, stream: number, length: number): number {
    const total = frameHeaderBytes + length;
    if (this.#end + total > this.#arena.length) {
      this.flush();
      this.#arena = Buffer.allocUnsafeSlow(Math.max(this.#nextArenaBytes, total));
      this.#nextArenaBytes = Math.min(maxArenaBytes, this.#nextArenaBytes * 4);
      this.#start = 0;
      this.#end = 0;
    }
    const arena = this.#arena;
    const at = this.#end;
    arena.writeUIntBE(length, at, 3);
    arena[at + 3] = fin ? type | finBit : type;
    arena.writeUInt32BE(stream, at + 4);
    this.#last = at;
    this.#end = at + total;
    return at + frameHeaderBytes;
  }
}

const noBytes = Buffer.alloc(0);
