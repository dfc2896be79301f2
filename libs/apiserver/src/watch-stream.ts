import type { ApiResponse } from './api-exchange.ts';

/**
 * The bytes of one line of a stream, framed as one HTTP/1.1 chunk too, so that node has nothing to copy or to count for
 * each of a thousand clients who get the same line.
 */
export class Frame {
  readonly #chunk: Buffer;
  readonly #start: number;

  constructor(...parts: readonly (Buffer | string)[]) {
    const sizes = parts.map(part => (typeof part === 'string' ? Buffer.byteLength(part) : part.length));
    const length = sizes.reduce((sum, size) => sum + size, 0);
    const head = `${length.toString(16)}\r\n`;
    this.#start = head.length;
    this.#chunk = Buffer.allocUnsafeSlow(head.length + length + 2);
    let at = this.#chunk.write(head, 0, 'latin1');
    for (const part of parts) {
      at += typeof part === 'string' ? this.#chunk.write(part, at, 'utf8') : part.copy(this.#chunk, at);
    }
    this.#chunk.write('\r\n', at, 'latin1');
  }

  /** As a chunk. */
  get chunk(): Buffer {
    return this.#chunk;
  }

  /** Without framing, for HTTP/2. */
  get line(): Buffer {
    return this.#chunk.subarray(this.#start, -2);
  }
}

/** A kept-open answer of one JSON value a line. */
export class WatchStream {
  readonly #response: ApiResponse;
  #ended = false;
  #full = false;

  /** `onDrain`: the connection takes more. `onGone`: the client has left. */
  constructor(response: ApiResponse, onDrain: () => void, onGone: () => void) {
    this.#response = response;
    response.follow({
      gone: () => {
        this.#ended = true;
        onGone();
      },
      drained: () => {
        this.#full = false;
        onDrain();
      },
    });
    if (response.over) this.#ended = true;
  }

  /** The client has gone, or `end` was called. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The connection holds what the client has not read; it takes more after `onDrain`. */
  get full(): boolean {
    return this.#full;
  }

  /** Sends the head; later calls do nothing. */
  begin(): void {
    if (this.#response.begun || this.#ended) return;
    this.#response.begin(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  }

  write(frame: Frame): void {
    if (this.#ended) return;
    this.begin();
    if (!this.#response.write(frame)) this.#full = true;
  }

  end(): void {
    if (this.#ended) return;
    this.begin();
    this.#ended = true;
    this.#response.end();
  }
}
