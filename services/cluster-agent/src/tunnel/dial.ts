import type { Agent } from 'node:http';
import { certificateDefect, DroverError } from '@drover/errors';
import { maxMessageBytes, type Transport, tunnelSubprotocol, WebSocketTransport } from '@drover/tunnel';
import { HttpsProxyAgent } from 'hpagent';
import { WebSocket } from 'ws';

const handshakeTimeoutMs = 10_000;

export interface DialOptions {
  /** `https://…` of a gateway. */
  readonly url: string;
  /** PEM: the only CA that is trusted (T9). */
  readonly ca: string;
  /** An HTTP proxy on the way (`HTTPS_PROXY`). */
  readonly proxyUrl?: string;
  readonly userAgent: string;
}

/** Dials a gateway. Rejects `hub-untrusted` where the certificate is not of the pinned CA, else `unreachable`. */
export function dialGateway(options: DialOptions, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const url = new URL('/v1/connect', options.url);
    url.protocol = 'wss:';
    // The agent's TLS to the hub is inside the proxy's tunnel: the proxy sees a host name and ciphertext.
    const agent: Agent | undefined =
      options.proxyUrl === undefined
        ? undefined
        : new HttpsProxyAgent({ proxy: options.proxyUrl, ca: options.ca } as { proxy: string });
    const socket = new WebSocket(url, tunnelSubprotocol, {
      ca: options.ca,
      ...(agent === undefined ? {} : { agent }),
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: maxMessageBytes,
      handshakeTimeout: handshakeTimeoutMs,
      headers: { 'user-agent': options.userAgent },
      minVersion: 'TLSv1.2',
    });
    const onAbort = (): void => socket.terminate();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('upgrade', answer => {
      answer.socket.setNoDelay(true);
      answer.socket.setKeepAlive(true, 30_000);
    });
    socket.once('open', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.pause(); // what came with the 101 waits until the session listens
      resolve(new WebSocketTransport(socket));
    });
    const onError = (cause: NodeJS.ErrnoException): void => {
      signal.removeEventListener('abort', onAbort);
      const trusted = certificateDefect(cause.code) === undefined;
      reject(
        new DroverError(
          trusted ? 'unreachable' : 'hub-untrusted',
          `cannot connect to ${options.url}: ${cause.message}`,
          { cause },
        ),
      );
    };
    socket.on('error', onError);
  });
}
