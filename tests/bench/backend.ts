import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Background, freePorts } from '@drover/testing';
import { startServer } from './command.ts';
import { answers } from './https-client.ts';
import type { ScratchPki } from './scratch-pki.ts';

/** The bodies that are fetched, by path. */
export const smallBytes = 2 * 1024;
export const largeBytes = 64 * 1024 * 1024;
export const smallPath = '/bench/2k';
export const largePath = '/bench/64m';

/** A server in the kube-apiserver's place. */
export interface Backend extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly server: Background;
}

/** nginx with one worker, TLS and two static files: it does as little as a backend can, so that proxies show. */
export async function startBackend(folder: string, pki: ScratchPki): Promise<Backend> {
  const root = join(folder, 'backend');
  await mkdir(join(root, 'files', 'bench'), { recursive: true });
  // Started by root, nginx reads files as its own user.
  await chmod(folder, 0o755);
  await writeFile(join(root, 'files', smallPath), Buffer.alloc(smallBytes, 'drover '));
  await writeFile(join(root, 'files', largePath), Buffer.alloc(largeBytes, 'drover '));
  const port = await freePorts(1);
  const config = join(root, 'nginx.conf');
  await writeFile(config, configuration({ root, port, pki }));
  const url = `https://127.0.0.1:${port}`;
  const server = await startServer('nginx', ['-e', 'stderr', '-p', root, '-c', config], () =>
    answers(`${url}${smallPath}`, pki.ca),
  );
  return { port, url, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const temporaryFolders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

const configuration = ({ root, port, pki }: { root: string; port: number; pki: ScratchPki }): string => `
daemon off;
worker_processes 1;
pid ${root}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  default_type application/json;
  keepalive_timeout 300s;
  keepalive_requests 100000000;
  open_file_cache max=16;
${temporaryFolders.map(name => `  ${name}_temp_path ${root}/${name};`).join('\n')}
  server {
    listen 127.0.0.1:${port} ssl backlog=1024;
    ssl_certificate ${pki.certificate};
    ssl_certificate_key ${pki.key};
    ssl_protocols TLSv1.3;
    root ${root}/files;
  }
}
`;
