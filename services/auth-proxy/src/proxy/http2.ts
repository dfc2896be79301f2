import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type DroverError, statusOf } from '@drover/errors';
import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';

/** Answers on an HTTP/2 stream. */
export class Http2Reply implements Reply {
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  head(status: number, headers: string[]): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    const fields: OutgoingHttpHeaders = { ':status': status };
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] ?? '';
      const value = headers[at + 1] ?? '';
      const before = fields[name];
      if (before === undefined) fields[name] = value;
      else fields[name] = Array.isArray(before) ? [...before, value] : [String(before), value];
    }
    this.#stream.respond(fields);
  }

  data(chunk: Buffer, last: boolean): boolean {
    if (!last) return this.#stream.write(chunk);
    this.#stream.end(chunk); // END_STREAM on the last DATA
    return true;
  }

  end(): void {
    if (!this.#stream.writableEnded) this.#stream.end();
  }

  cut(): void {
    // Not `close(code)`: it sends END_STREAM before RST_STREAM, and the client takes what came for the whole (T24).
    this.#stream.destroy(new Error('the answer broke off'));
  }

  refuse(error: DroverError): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    const body = JSON.stringify(statusOf(error));
    this.#stream.respond({
      ':status': error.entry.httpStatus,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    this.#stream.end(body);
  }
}

/** Tells an exchange what happens to its stream. */
export function followHttp2(stream: ServerHttp2Stream, exchange: Exchange): void {
  stream.on('drain', () => exchange.drained());
  stream.once('close', () => exchange.gone());
}
