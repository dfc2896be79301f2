import { keptBytes } from './kept-bytes.ts';

/** Bytes of one stream that wait for credit or for the transport. */
export class SendQueue {
  #chunks: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps the chunk, or a copy where it is a small view of a large buffer. */
  push(chunk: Buffer): void {
    this.#chunks.push(keptBytes(chunk));
    this.#bytes += chunk.length;
  }

  /** Takes at most `maxBytes` off the first chunk; undefined: there is nothing. */
  take(maxBytes: number): Buffer | undefined {
    const first = this.#chunks[0];
    if (first === undefined) return undefined;
    const taken = first.length <= maxBytes ? first : first.subarray(0, maxBytes);
    if (taken === first) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(maxBytes);
    this.#bytes -= taken.length;
    return taken;
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }
}
