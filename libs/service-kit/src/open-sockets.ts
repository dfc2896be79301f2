import type { Server, Socket } from 'node:net';

/** Every connection of a server, from its first packet: one that never ends its TLS handshake must not hold up a stop. */
export class OpenSockets {
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Stops listening, lets what is open end by itself, and cuts it at the deadline. */
export async function closeServer(server: Server, open: OpenSockets, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve())); // HTTP's idle ones go at once
  const cut = setTimeout(() => open.destroy(), deadlineMs);
  await closed;
  clearTimeout(cut);
}
