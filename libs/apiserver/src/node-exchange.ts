import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiFollower, ApiHeaders, ApiRequest, ApiResponse } from './api-exchange.ts';
import type { Frame } from './watch-stream.ts';

/** The last chunk of a body (RFC 9112, 7.1). */
const lastChunk = '0\r\n\r\n';

/** What node:http has read of a request. */
export const nodeRequest = (request: IncomingMessage): ApiRequest => ({
  method: request.method ?? 'GET',
  target: request.url ?? '/',
  headers: request.headers,
  body: request,
});

/** An answer by node:http, or by node's compatible HTTP/2 classes: no status message, no connection header. */
export class NodeResponse implements ApiResponse {
  readonly #response: ServerResponse;
  readonly #chunked: boolean;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#chunked = response.req.httpVersion === '1.1';
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  get over(): boolean {
    return this.#response.destroyed;
  }

  send(status: number, headers: ApiHeaders, body?: Buffer): void {
    if (this.begun || this.over) return;
    this.#response.writeHead(status, headers);
    this.#response.end(body);
  }

  follow(follower: ApiFollower): void {
    const gone = (): void => follower.gone();
    this.#response.once('close', gone).on('error', gone);
    this.#response.on('drain', () => follower.drained());
  }

  begin(status: number, headers: ApiHeaders): void {
    this.#response.writeHead(status, { ...headers, ...(this.#chunked ? { 'transfer-encoding': 'chunked' } : {}) });
    this.#response.flushHeaders();
    // Frames are chunks already.
    if (this.#chunked) this.#response.chunkedEncoding = false;
  }

  write(frame: Frame): boolean {
    return this.#response.write(this.#chunked ? frame.chunk : frame.line);
  }

  end(): void {
    if (this.#chunked) this.#response.end(lastChunk);
    else this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }
}
