import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DroverError, statusOf } from '@drover/errors';
import { bodyLength, writeHead } from '@drover/http1';

/** A head and a body up to this size leave in one write: one TLS record, one packet or two. */
const maxJoinedBytes = 16 * 1024;

/** Where the answer to one plain request goes. */
export interface PlainAnswer {
  /** Headers are flat, with lower-case names. Throws `bad-request` where HTTP cannot carry them; nothing is sent then. */
  head(status: number, headers: string[]): void;
  /** False: wait before more is sent. */
  data(chunk: Buffer): boolean;
  /** As `data`, of an answer without a length: whole chunks of RFC 9112 §7.1, framed already. */
  framed(chunks: Buffer): boolean;
  end(): void;
  /** What was sent is not whole: the client must see a broken transfer (T24). */
  cut(): void;
  /** Answers with an error; only before `head`. */
  refuse(error: DroverError): void;
}

/** The answer to one plain request, on an HTTP/1.1 connection. */
export class PlainReply implements PlainAnswer {
  readonly #socket: Duplex;
  readonly #withoutBody: boolean;
  readonly #onDone: () => void;
  /** A head that waits for the first bytes of its body. */
  #head = '';
  #begun = false;
  #chunked = false;

  /** `onDone`: the answer was written to its end. */
  constructor(socket: Duplex, method: string, onDone: () => void) {
    this.#socket = socket;
    this.#withoutBody = method === 'HEAD';
    this.#onDone = onDone;
  }

  head(status: number, headers: string[]): void {
    const withoutBody = this.#withoutBody || status === 204 || status === 304;
    const length = bodyLength(headers);
    this.#chunked = !withoutBody && length === undefined;
    const framed = this.#chunked ? [...headers, 'transfer-encoding', 'chunked'] : headers;
    this.#head = writeHead(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, framed);
    this.#begun = true;
    // A watch's answer begins before its first event.
    if (length === undefined) this.#sendHead();
  }

  data(chunk: Buffer): boolean {
    if (this.#withoutBody) return true;
    if (this.#chunked) return this.#chunk(chunk);
    if (this.#head === '') return this.#socket.write(chunk);
    const head = this.#head;
    if (head.length + chunk.length > maxJoinedBytes) {
      this.#sendHead();
      return this.#socket.write(chunk);
    }
    this.#head = '';
    const joined = Buffer.allocUnsafe(head.length + chunk.length);
    joined.write(head, 0, 'latin1');
    chunk.copy(joined, head.length);
    return this.#socket.write(joined);
  }

  framed(chunks: Buffer): boolean {
    return this.#withoutBody || this.#socket.write(chunks);
  }

  end(): void {
    this.#sendHead();
    if (this.#chunked) this.#socket.write('0\r\n\r\n');
    this.#onDone();
  }

  cut(): void {
    this.#socket.destroy();
  }

  refuse(error: DroverError): void {
    if (this.#begun) return this.cut();
    const body = Buffer.from(JSON.stringify(statusOf(error)), 'utf8');
    this.head(error.entry.httpStatus, ['content-type', 'application/json', 'content-length', String(body.length)]);
    this.data(body);
    this.end();
  }

  #sendHead(): void {
    if (this.#head === '') return;
    this.#socket.write(this.#head, 'latin1');
    this.#head = '';
  }

  #chunk(chunk: Buffer): boolean {
    if (chunk.length === 0) return true; // a chunk of no bytes would be the last
    this.#socket.cork();
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(chunk);
    const room = this.#socket.write('\r\n', 'latin1');
    this.#socket.uncork();
    return room;
  }
}
