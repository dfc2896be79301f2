import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from './command.ts';

/** A CA of one bench run and a certificate for everything on loopback. Paths of PEM files. */
export interface ScratchPki {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Certificate and key in one file, as haproxy reads them. */
  readonly both: string;
}

/** ECDSA P-256 throughout, like the hub's own certificates, so that every hop pays the same for its handshakes. */
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

export async function makeScratchPki(folder: string): Promise<ScratchPki> {
  const [ca, caKey, certificate, key, both] = ['ca.crt', 'ca.key', 'server.crt', 'server.key', 'server.pem'].map(name =>
    join(folder, name),
  ) as [string, string, string, string, string];
  await succeed('openssl', ['req', '-x509', ...newKey, '-subj', '/CN=bench CA', '-keyout', caKey, '-out', ca]);
  await succeed('openssl', [
    ...['req', '-x509', ...newKey, '-subj', '/CN=localhost', '-keyout', key, '-out', certificate],
    ...['-CA', ca, '-CAkey', caKey, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  ]);
  await writeFile(both, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')), { mode: 0o600 });
  return { ca, certificate, key, both };
}
