import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';

/** Opens downloads and reads nothing of them until it is disposed of: the slow readers of T21. */
export async function openUnread(
  count: number,
  { url, ca, token }: { readonly url: string; readonly ca: string; readonly token: string },
): Promise<AsyncDisposable> {
  const { hostname, port, pathname, host } = new URL(url);
  const authority = await readFile(ca);
  const sockets: TLSSocket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect({ host: hostname, port: Number(port), ca: authority });
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'secureConnect');
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    await once(socket, 'readable');
    // Nobody reads again: from here on this socket, the kernel's buffers and then the hub are full.
    const head = String(socket.read());
    if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`an unread download got ${head.slice(0, 200)}`);
  }
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(
        sockets.map(async socket => {
          socket.destroy();
          if (!socket.closed) await once(socket, 'close');
        }),
      );
    },
  };
}
