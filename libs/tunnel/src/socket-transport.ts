import type { Duplex } from 'node:stream';
import type { Transport, TransportEvents } from './transport.ts';

/** A tunnel's bytes over a socket, between the hub's own services (mutual TLS). */
export class SocketTransport implements Transport {
  readonly #socket: Duplex;
  #drain: () => void = () => {};

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  send(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes, this.#sent);
  }

  start(events: TransportEvents): void {
    this.#drain = () => events.onDrain();
    let failure: Error | undefined;
    this.#socket.on('data', (chunk: Buffer) => events.onBytes(chunk));
    this.#socket.on('error', error => {
      failure ??= error;
    });
    // A peer that ends its direction has nothing more to say to a session: half-open is of no use here.
    this.#socket.on('end', () => this.#socket.end());
    this.#socket.on('close', () => events.onClose(failure));
  }

  close(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #sent = (): void => this.#drain();
}
