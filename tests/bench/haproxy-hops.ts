import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Background, freePorts } from '@drover/testing';
import { startServer } from './command.ts';
import { answers } from './https-client.ts';
import type { ScratchPki } from './scratch-pki.ts';

/** Two haproxy processes, one behind the other, in front of the backend. */
export interface HaproxyHops extends AsyncDisposable {
  readonly url: string;
  readonly servers: readonly Background[];
}

/**
 * The peer: client → TLS → haproxy → TLS → haproxy → TLS → backend, the same encrypted hops as client, hub, agent and
 * kube-apiserver. Each is one process with one thread, as a hub in one process and an agent are, keeps its connections
 * alive and reuses them on every hop.
 */
export async function startHaproxyHops(
  folder: string,
  { pki, backendPort, path }: { readonly pki: ScratchPki; readonly backendPort: number; readonly path: string },
): Promise<HaproxyHops> {
  await using opening = new AsyncDisposableStack();
  const first = await freePorts(2);
  const second = first + 1;
  const servers: Background[] = [];
  for (const [port, next] of [
    [second, backendPort],
    [first, second],
  ] as const) {
    const file = join(folder, `haproxy-${port}.cfg`);
    await writeFile(file, configuration({ port, next, pki }));
    const ready = () => answers(`https://127.0.0.1:${port}${path}`, pki.ca);
    servers.push(opening.use(await startServer('haproxy', ['-db', '-f', file], ready)));
  }
  const open = opening.move();
  return { url: `https://127.0.0.1:${first}`, servers, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

const configuration = ({ port, next, pki }: { port: number; next: number; pki: ScratchPki }): string => `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  option http-keep-alive
  http-reuse always
frontend door
  bind 127.0.0.1:${port} ssl crt ${pki.both} alpn http/1.1 ssl-min-ver TLSv1.3
  default_backend next
backend next
  server next 127.0.0.1:${next} ssl verify required ca-file ${pki.ca} sni str(localhost) alpn http/1.1 ssl-min-ver TLSv1.3
`;
