import type { RawData, WebSocket } from 'ws';
import type { Transport, TransportEvents } from './transport.ts';

/** The WebSocket subprotocol of the tunnel. */
export const tunnelSubprotocol = 'drover.tunnel.v1';

/** The largest WebSocket message that is accepted; the session's writer makes pieces of 16 KiB, or of one larger frame. */
export const maxMessageBytes = 256 * 1024;

/** A tunnel's bytes as binary messages of a WebSocket (RFC 6455), which passes every load balancer. */
export class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  #drain: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(bytes: Buffer): void {
    this.#socket.send(bytes, { binary: true, compress: false, fin: true }, this.#sent);
  }

  start(events: TransportEvents): void {
    this.#drain = () => events.onDrain();
    let failure: Error | undefined;
    this.#socket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary && Buffer.isBuffer(data)) return events.onBytes(data);
      failure ??= new Error('the peer sent a message that is not binary');
      this.#socket.terminate();
    });
    this.#socket.on('error', error => {
      failure ??= error;
    });
    this.#socket.on('close', (code, reason) => {
      if (code !== 1000) failure ??= new Error(`WebSocket closed: ${code} ${reason.toString()}`.trim());
      events.onClose(failure);
    });
    // Who dialled has paused it, so that what came with the 101 is not lost before somebody listens.
    if (this.#socket.isPaused) this.#socket.resume();
  }

  close(): void {
    this.#socket.close(1000);
  }

  destroy(): void {
    this.#socket.terminate();
  }

  readonly #sent = (): void => this.#drain();
}
