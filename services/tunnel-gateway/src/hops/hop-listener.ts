import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { serviceOfCertificate } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { closeServer, OpenSockets } from '@drover/service-kit';
import type { Logger } from '@drover/telemetry';
import { SocketTransport, type TunnelSession } from '@drover/tunnel';
import type { Dialer } from '../domain/dialer.ts';
import { serveHop } from './hop-session.ts';

/** After this, connections that did not end by themselves are cut. */
const stopDeadlineMs = 2_000;
/** As whoever dials it: a peer whose machine is gone is noticed by the kernel too (T32). */
const keepAliveProbeMs = 30_000;
/** Who may open streams here, by the URI in its certificate. */
const allowed: readonly string[] = ['auth-proxy', 'tunnel-gateway'];

export interface HopListenerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM: this gateway's certificate of the hub's internal CA. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly gatewayId: string;
  readonly hubId: string;
  readonly dialer: Dialer;
  readonly logger: Logger;
}

export interface HopListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens for auth-proxies and other gateways: mutual TLS by the hub's internal CA. */
export async function listenForHops(options: HopListenerOptions): Promise<HopListener> {
  const sessions = new Set<TunnelSession>();
  const server = createServer(
    {
      ...options.tls,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveProbeMs,
    },
    (socket: TLSSocket) => {
      socket.on('error', () => socket.destroy());
      const service = serviceOfCertificate(socket.getPeerCertificate());
      if (service === undefined || !allowed.includes(service)) {
        options.logger.warn({ service }, 'a connection of a service that may not open streams was refused');
        return void socket.destroy();
      }
      const session = serveHop(new SocketTransport(socket), options);
      sessions.add(session);
      socket.once('close', () => sessions.delete(session));
    },
  );
  const open = new OpenSockets(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new DroverError('config-invalid', `cannot listen on ${options.host}:${options.port}: ${cause.message}`, {
          cause,
        }),
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const session of sessions) session.close('shutdown', 'the gateway stops');
      await closeServer(server, open, stopDeadlineMs);
    },
  };
}
