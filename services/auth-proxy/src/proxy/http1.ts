import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DroverError } from '@drover/errors';
import { refuse } from '@drover/service-kit';
import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';

/** Answers over HTTP/1.1. */
export class Http1Reply implements Reply {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  head(status: number, headers: string[]): void {
    this.#response.writeHead(status, headers);
    // A watch's answer begins before its first event.
    if (!headers.some((field, at) => at % 2 === 0 && field === 'content-length')) this.#response.flushHeaders();
  }

  data(chunk: Buffer, last: boolean): boolean {
    if (!last) return this.#response.write(chunk);
    // A short answer is one write, head and all.
    this.#response.end(chunk);
    return true;
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  refuse(error: DroverError): void {
    if (!this.#response.headersSent) refuse(this.#response, error);
  }
}

/** Whether an HTTP/1.1 request has a body (RFC 9112 §6.3). */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] !== undefined && headers['content-length'] !== '0');

/** Tells an exchange what happens to its connection. */
export function followHttp1(response: ServerResponse, exchange: Exchange): void {
  response.on('drain', () => exchange.drained());
  response.once('close', () => exchange.gone());
}
