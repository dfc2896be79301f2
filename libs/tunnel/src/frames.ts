import { limits } from './limits.ts';
import { TunnelProtocolError } from './protocol-error.ts';

/**
 * Frame types. A frame is `length:u24 type:u8 stream:u32 payload`, big-endian; the top bit of the type is FIN
 * (the sender ends its direction with this frame; OPEN, HEAD and DATA only).
 */
export const frameType = Object.freeze({
  control: 1,
  open: 2,
  head: 3,
  data: 4,
  reset: 5,
  window: 6,
  ping: 7,
  pong: 8,
  identity: 9,
  goaway: 10,
  close: 11,
});
const lastType = 11;

export const finBit = 0x80;
export const frameHeaderBytes = 8;

/** What the decoder found. `payload` may be a view of the input: copy what must outlive the call. */
export interface FrameSink {
  onFrame(type: number, fin: boolean, stream: number, payload: Buffer): void;
}

const maxPayload = (type: number): number => {
  switch (type) {
    case frameType.data:
      return limits.maxDataBytes;
    case frameType.open:
    case frameType.head:
      return limits.maxHeadBytes;
    case frameType.window:
      return 4;
    case frameType.ping:
    case frameType.pong:
      return 8;
    default:
      return limits.maxControlBytes;
  }
};

/** Only frames that carry a direction's bytes may end it. */
export const mayEnd = (type: number): boolean =>
  type === frameType.data || type === frameType.head || type === frameType.open;

/**
 * Cuts a byte stream into frames, however it was chunked. DATA is handed on in views of the input as it comes (no
 * copy, no reassembly); other frames are whole. Holds at most one frame.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #header = Buffer.allocUnsafe(frameHeaderBytes);
  #headerFill = 0;
  #type = 0;
  #fin = false;
  #stream = 0;
  #remaining = 0;
  #partial: Buffer | undefined;
  #partialFill = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Throws a TunnelProtocolError at the first byte that breaks the protocol. */
  push(chunk: Buffer): void {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      if (this.#headerFill < frameHeaderBytes) {
        if (this.#headerFill === 0 && end - at >= frameHeaderBytes) {
          this.#readHeader(chunk, at);
          at += frameHeaderBytes;
        } else {
          const taken = Math.min(frameHeaderBytes - this.#headerFill, end - at);
          chunk.copy(this.#header, this.#headerFill, at, at + taken);
          this.#headerFill += taken;
          at += taken;
          if (this.#headerFill < frameHeaderBytes) return;
          this.#readHeader(this.#header, 0);
        }
        if (this.#remaining === 0) this.#emit(emptyPayload);
        continue;
      }
      const taken = Math.min(this.#remaining, end - at);
      const piece = chunk.subarray(at, at + taken);
      at += taken;
      this.#remaining -= taken;
      if (this.#type === frameType.data) {
        const fin = this.#fin && this.#remaining === 0;
        const stream = this.#stream;
        if (this.#remaining === 0) this.#headerFill = 0;
        this.#sink.onFrame(frameType.data, fin, stream, piece);
      } else if (this.#partial === undefined && this.#remaining === 0) {
        this.#emit(piece);
      } else {
        this.#partial ??= Buffer.allocUnsafe(taken + this.#remaining);
        piece.copy(this.#partial, this.#partialFill);
        this.#partialFill += taken;
        if (this.#remaining === 0) this.#emit(this.#partial);
      }
    }
  }

  #readHeader(from: Buffer, at: number): void {
    const length = from.readUIntBE(at, 3);
    const typeByte = from[at + 3] ?? 0;
    const type = typeByte & ~finBit;
    if (type === 0 || type > lastType) throw new TunnelProtocolError(`unknown frame type ${type}`);
    if (typeByte >= finBit && !mayEnd(type)) throw new TunnelProtocolError(`FIN on a frame of type ${type}`);
    if (length > maxPayload(type)) throw new TunnelProtocolError(`frame of type ${type} is ${length} bytes long`);
    this.#type = type;
    this.#fin = (typeByte & finBit) !== 0;
    this.#stream = from.readUInt32BE(at + 4);
    this.#remaining = length;
    this.#headerFill = frameHeaderBytes;
  }

  #emit(payload: Buffer): void {
    this.#headerFill = 0;
    this.#partial = undefined;
    this.#partialFill = 0;
    this.#sink.onFrame(this.#type, this.#fin, this.#stream, payload);
  }
}

const emptyPayload = Buffer.alloc(0);
