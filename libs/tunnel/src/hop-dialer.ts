import { connect } from 'node:tls';
import { DroverError } from '@drover/errors';
import { SocketTransport } from './socket-transport.ts';
import type { Transport } from './transport.ts';

/** A service's own certificate, and the CA of its peers (PEM). */
export interface HopTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const connectTimeoutMs = 5_000;

/**
 * Dials `host:port` by mutual TLS. `accept` looks at the peer's certificate (the chain is verified before): the name that counts is
 * the service's, not the host's.
 */
export function dialHop(
  address: string,
  tls: HopTls,
  accept: (certificate: { readonly subjectaltname?: string }) => boolean,
  signal: AbortSignal,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const at = address.lastIndexOf(':');
    const socket = connect({
      host: address.slice(0, at),
      port: Number(address.slice(at + 1)),
      ...tls,
      minVersion: 'TLSv1.3',
      checkServerIdentity: (_host, certificate) =>
        accept(certificate) ? undefined : new DroverError('unreachable', `${address} is not a gateway of this hub`),
    });
    const fail = (cause: unknown): void => {
      socket.destroy();
      reject(new DroverError('unreachable', `cannot connect to ${address}`, { cause }));
    };
    const onAbort = (): void => fail(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setTimeout(connectTimeoutMs, () => fail(new Error('timed out')));
    socket.once('error', fail);
    socket.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      fail(new Error('closed'));
    });
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail);
      socket.setTimeout(0);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      resolve(new SocketTransport(socket));
    });
  });
}
