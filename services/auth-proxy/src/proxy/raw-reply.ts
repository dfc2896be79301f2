import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DroverError } from '@drover/errors';
import { refuseSocket } from '@drover/service-kit';
import type { Reply } from './reply.ts';

/** Answers a request that asked to switch protocols, on its raw HTTP/1.1 connection. */
export class RawReply implements Reply {
  readonly #socket: Duplex;
  #switched = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  head(status: number, headers: string[]): void {
    this.#switched = status === 101;
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
    // After an answer that is not 101 the connection ends: whatever follows is never read as a request (T14).
    text += status === 101 ? 'connection: Upgrade\r\n\r\n' : 'connection: close\r\n\r\n';
    this.#socket.write(text, 'latin1');
  }

  data(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  end(): void {
    if (this.#switched) this.#socket.end();
    else this.#socket.end(() => this.#socket.destroy());
  }

  cut(): void {
    this.#socket.destroy();
  }

  refuse(error: DroverError): void {
    refuseSocket(this.#socket, error);
  }
}
