import { bodyLength } from './body-length.ts';
import { fieldsIn, headLines } from './header-fields.ts';

/** The bytes are no answer, or no whole one: the connection is of no more use. */
export class BrokenAnswerError extends Error {
  override readonly name = 'BrokenAnswerError';
}

/** What a {@link ResponseReader} tells. */
export interface ResponseSink {
  /** The final answer's head; those of 1xx are passed over. `headers` is flat, with lower-case names, the sink's own. */
  onHead(status: number, headers: string[]): void;
  /** A view of what was pushed. */
  onBody(chunk: Buffer): void;
  /** The answer is whole. `reusable`: another request may follow on the connection. */
  onEnd(reusable: boolean): void;
}

/** A line of a chunked body: a size, or a trailer that is dropped. */
const maxLineBytes = 8 * 1024;
/** Heads of 1xx before the final one. */
const maxInterim = 16;

const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: |$)/;
const chunkSize = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;|$)/;

type State = 'idle' | 'head' | 'length' | 'size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close' | 'broken';

/**
 * Reads the answers of one HTTP/1.1 connection (RFC 9112), one after another, however the bytes are cut. Strict: what can
 * be read in two ways is refused.
 */
export class ResponseReader {
  readonly #sink: ResponseSink;
  readonly #maxHeadBytes: number;
  #state: State = 'idle';
  #withoutBody = false;
  #reusable = true;
  #remaining = 0;
  #interim = 0;
  /** The beginning of a head, or of a line, whose end has not come. */
  #held: Buffer | undefined;

  constructor(sink: ResponseSink, maxHeadBytes: number) {
    this.#sink = sink;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** A request was sent: its answer is awaited. */
  expect(method: string): void {
    this.#state = 'head';
    this.#withoutBody = method === 'HEAD';
    this.#reusable = true;
    this.#interim = 0;
    this.#held = undefined;
  }

  /** @throws BrokenAnswerError */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case 'idle':
        case 'broken':
          throw this.#broken('bytes came that belong to no answer');
        case 'head':
          at = this.#readHead(chunk, at);
          break;
        case 'length':
        case 'chunk':
          at = this.#readCounted(chunk, at);
          break;
        case 'until-close':
          this.#sink.onBody(at === 0 ? chunk : chunk.subarray(at));
          return;
        default:
          at = this.#readLine(chunk, at);
      }
    }
  }

  /** The peer has ended the connection. @throws BrokenAnswerError where an answer was due, or not whole */
  end(): void {
    if (this.#state === 'until-close') return this.#finish();
    if (this.#state !== 'idle') throw this.#broken('the connection ended in the middle of an answer');
  }

  #readHead(chunk: Buffer, from: number): number {
    const held = this.#held;
    const input = held === undefined ? chunk : Buffer.concat([held, from === 0 ? chunk : chunk.subarray(from)]);
    const start = held === undefined ? from : 0;
    // The end may lie across two chunks, but not before the last three bytes of what was held.
    const end = input.indexOf('\r\n\r\n', held === undefined ? start : Math.max(0, held.length - 3), 'latin1');
    if ((end < 0 ? input.length : end) - start > this.#maxHeadBytes) throw this.#broken('the head is too large');
    if (end < 0) {
      this.#held = Buffer.from(start === 0 ? input : input.subarray(start));
      return chunk.length;
    }
    this.#held = undefined;
    this.#takeHead(input.toString('latin1', start, end));
    return held === undefined ? end + 4 : from + end + 4 - held.length;
  }

  #takeHead(text: string): void {
    const lines = headLines(text);
    const [, minor, digits] = statusLine.exec(lines?.[0] ?? '') ?? [];
    const headers = lines === undefined || digits === undefined ? undefined : fieldsIn(lines);
    if (headers === undefined) throw this.#broken('the head is malformed');
    const status = Number(digits);
    if (status < 200) {
      if (status === 101) throw this.#broken('a protocol was switched to that nobody asked for');
      if (++this.#interim > maxInterim) throw this.#broken('too many interim answers');
      return;
    }
    if (minor === '0') this.#reusable = false;
    let encoding: string | undefined;
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at] === 'transfer-encoding') encoding = encoding === undefined ? (headers[at + 1] ?? '') : 'twice';
      else if (headers[at] === 'connection' && close.test(headers[at + 1] ?? '')) this.#reusable = false;
    }
    const length = bodyLength(headers);
    if (Number.isNaN(length)) throw this.#broken('the length is malformed');
    if (encoding !== undefined && (length !== undefined || !chunked.test(encoding))) {
      throw this.#broken('the body’s end can be read in two ways');
    }
    this.#sink.onHead(status, headers);
    if (this.#withoutBody || status === 204 || status === 304 || length === 0) return this.#finish();
    if (encoding !== undefined) this.#state = 'size';
    else if (length !== undefined) {
      this.#state = 'length';
      this.#remaining = length;
    } else {
      this.#state = 'until-close';
      this.#reusable = false;
    }
  }

  #readCounted(chunk: Buffer, from: number): number {
    const to = Math.min(chunk.length, from + this.#remaining);
    this.#remaining -= to - from;
    const { length } = chunk;
    this.#sink.onBody(from === 0 && to === length ? chunk : chunk.subarray(from, to));
    if (this.#remaining === 0) {
      if (this.#state === 'length') this.#finish();
      else this.#state = 'chunk-end';
    }
    return to;
  }

  /** A line of the chunked form: a size, the empty one after a chunk's bytes, a trailer. */
  #readLine(chunk: Buffer, from: number): number {
    const feed = chunk.indexOf(lineFeed, from);
    const to = feed < 0 ? chunk.length : feed + 1;
    const piece = chunk.subarray(from, to);
    const line = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    if (line.length > maxLineBytes) throw this.#broken('a line of the body is too long');
    if (feed < 0) {
      this.#held = Buffer.from(line);
      return to;
    }
    this.#held = undefined;
    const text = line.toString('latin1');
    if (!text.endsWith('\r\n')) throw this.#broken('a line of the body is malformed');
    this.#takeLine(text.slice(0, -2));
    return to;
  }

  #takeLine(line: string): void {
    if (this.#state === 'trailer') {
      if (line === '') this.#finish();
    } else if (this.#state === 'chunk-end') {
      if (line !== '') throw this.#broken('a chunk is longer than it said');
      this.#state = 'size';
    } else {
      const size = Number.parseInt(chunkSize.exec(line)?.[1] ?? '', 16);
      if (Number.isNaN(size)) throw this.#broken('a chunk has no size');
      this.#remaining = size;
      this.#state = size === 0 ? 'trailer' : 'chunk';
    }
  }

  #finish(): void {
    this.#state = 'idle';
    this.#sink.onEnd(this.#reusable);
  }

  #broken(why: string): BrokenAnswerError {
    this.#state = 'broken';
    return new BrokenAnswerError(why);
  }
}

const lineFeed = 0x0a;
const close = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;
const chunked = /^chunked$/i;
