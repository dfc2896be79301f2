import type { Server, TLSSocket } from 'node:tls';
import { PlainConnection, type PlainConnectionOptions } from './plain-connection.ts';

/**
 * Puts {@link PlainConnection}s between a server's HTTP/1.1 connections and node:http. HTTP/2 goes to node as before. `close`:
 * no request is taken any more.
 */
export function servePlainly(
  server: Server,
  options: Omit<PlainConnectionOptions, 'handOver' | 'onGone'>,
): { close(): void } {
  const open = new Set<PlainConnection>();
  let closed = false;
  // node's own listener tells the versions apart by ALPN.
  const nodes = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  const toNode = (socket: TLSSocket): void => {
    for (const listener of nodes) listener.call(server, socket);
  };
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') return toNode(socket);
    const connection = new PlainConnection(socket, {
      ...options,
      handOver: unread => {
        toNode(socket);
        socket.unshift(unread);
      },
      onGone: () => open.delete(connection),
    });
    open.add(connection);
    if (closed) connection.close(); // its handshake has ended after the door was closed
  });
  return {
    close: () => {
      closed = true;
      for (const connection of open) connection.close();
    },
  };
}
