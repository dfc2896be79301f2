import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DroverError } from '@drover/errors';
import { refuseSocket } from '@drover/service-kit';
import type { Reply } from './reply.ts';

/** How long a caller may take to close his side once the network has taken the whole answer. */
export const lingerMs = 10_000;

/** Answers a request that asked to switch protocols, on its raw HTTP/1.1 connection. */
export class RawReply implements Reply {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  head(status: number, headers: string[]): void {
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
    const socket = this.#socket;
    // What the caller still sends is read and dropped for a while: closed on unread bytes, TCP resets the connection, and
    // the last of the answer may be lost on the way (RFC 9112 §9.6). One who reads slowly is waited for (T24).
    let timer: NodeJS.Timeout | undefined;
    socket.once('close', () => clearTimeout(timer));
    socket.end(() => {
      if (socket.readableEnded) return socket.destroy();
      socket.once('end', () => socket.destroy());
      timer = setTimeout(() => socket.destroy(), lingerMs);
    });
    socket.resume();
  }

  cut(): void {
    this.#socket.destroy();
  }

  refuse(error: DroverError): void {
    refuseSocket(this.#socket, error);
  }
}
