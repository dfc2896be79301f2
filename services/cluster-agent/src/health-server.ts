import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default: every address, since the kubelet asks the pod's. */
  readonly host?: string;
  /** Whether agents are connected; a pod that is not ready is kept, one that is not alive is started anew. */
  ready(): boolean;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  close(): Promise<void>;
}

/** The kubelet asks twice every few seconds; nobody else has to. */
const maxConnections = 32;
const requestTimeoutMs = 5_000;

/**
 * `/livez` and `/readyz` for the kubelet: a word and a status, no facts. Liveness does not look at the hub, or a hub that
 * is away would restart every agent of the fleet.
 */
export async function openHealthServer({ port, host, ready }: HealthServerOptions): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (request, response) => {
      const well = request.url === '/livez' || (request.url === '/readyz' && ready());
      const status = well ? 200 : request.url === '/readyz' ? 503 : 404;
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
      response.end(well ? 'ok\n' : status === 503 ? 'not connected to the hub\n' : 'not found\n');
    },
  );
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, resolve);
  });
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  // an address of TCP is never a text
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close };
}
