import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** What answers a request; whatever it throws is a 500. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** An HTTPS server on loopback, with a certificate that only its `ca` vouches for. */
export interface TlsServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM */
  readonly ca: string;
  /** What answers; it may be changed. */
  handler: Handler;
  /** `GET /path` for every request that came, in their order. */
  readonly asked: string[];
  /** Nobody listens any more, and no connection is left. */
  stop(): Promise<void>;
  /** Listens again, at the same port. */
  start(): Promise<void>;
}

/** Starts a server that answers with `handler`. */
export async function startTlsServer(handler: Handler = (_, response) => void response.end()): Promise<TlsServer> {
  const { key, cert } = await newCertificate();
  const asked: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await self.handler(request, response);
    } catch (error) {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    }
  };
  const open = async (port: number): Promise<Server> => {
    const server = createServer({ key, cert }, (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      void answer(request, response);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server: Server | undefined = await open(0);
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const stopping = server;
    server = undefined;
    if (stopping === undefined) return;
    stopping.close();
    stopping.closeAllConnections();
    await once(stopping, 'close');
  };
  const self: TlsServer = {
    url: `https://127.0.0.1:${port}`,
    ca: cert,
    handler,
    asked,
    stop,
    start: async () => {
      server ??= await open(port);
    },
    [Symbol.asyncDispose]: stop,
  };
  return self;
}

/** A certificate of 127.0.0.1 that signs itself. */
async function newCertificate(): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-tls-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const about = ['-subj', '/CN=provider', '-addext', 'subjectAltName=IP:127.0.0.1'];
    await exec('openssl', [...request, ...about, '-keyout', key, '-out', cert]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
