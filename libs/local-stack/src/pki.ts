import { createPublicKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { serviceUri } from '@drover/contracts';
import { issueCertificate, type KeyedCertificate } from './certificate.ts';
import { ensureFolder, readText, writePublic, writeSecret } from './secret-files.ts';

/** A certificate and its key as files, and the certificate's text. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface Pki {
  /** The CA that agents and people pin. */
  readonly ca: CertificateFiles;
  readonly server: CertificateFiles;
  /** The CA of the hub's services among each other. */
  readonly internalCa: CertificateFiles;
  readonly services: Readonly<Record<HubService, CertificateFiles>>;
}

/** The hub's services, as their certificates and their NATS users name them. */
export const hubServices = ['auth-proxy', 'tunnel-gateway', 'fleet-api'] as const;
export type HubService = (typeof hubServices)[number];

const caDays = 3_650;
/** Apple's clients refuse server certificates of more than 825 days; shorter renews by itself at a start. */
const leafDays = 397;
/** A certificate with less life than this is renewed at start. */
const renewBeforeMs = 60 * 86_400_000;

const loopbackNames = ['localhost', '127.0.0.1', '::1'];

export interface PkiOptions {
  readonly folder: string;
  /** Names and addresses of the front door besides the loopback ones. */
  readonly serverNames: readonly string[];
  readonly nowMs?: number;
}

/** Loads the hub's certificates, and makes those that are missing, near their end, or of other names than asked for. */
export async function ensurePki({ folder, serverNames, nowMs = Date.now() }: PkiOptions): Promise<Pki> {
  await ensureFolder(folder);
  const make = (name: string, request: Wanted) => ensureCertificate(join(folder, name), request, nowMs);
  const ca = await make('ca', { commonName: 'Drover hub CA', names: [], days: caDays, use: 'ca' });
  const names = [...new Set([...loopbackNames, ...serverNames])];
  const server = await make('server', { commonName: 'drover', names, days: leafDays, use: 'server', issuer: ca });
  const internalCa = await make('internal-ca', {
    commonName: 'Drover internal CA',
    names: [],
    days: caDays,
    use: 'ca',
  });
  const service = (name: HubService) =>
    make(join('services', name), {
      commonName: name,
      names: ['localhost', '127.0.0.1', name, serviceUri(name)],
      days: leafDays,
      use: 'service',
      issuer: internalCa,
    });
  return {
    ca,
    server,
    internalCa,
    services: {
      'auth-proxy': await service('auth-proxy'),
      'tunnel-gateway': await service('tunnel-gateway'),
      'fleet-api': await service('fleet-api'),
    },
  };
}

interface Wanted {
  readonly commonName: string;
  readonly names: readonly string[];
  readonly days: number;
  readonly use: 'ca' | 'server' | 'service';
  readonly issuer?: KeyedCertificate;
}

async function ensureCertificate(path: string, wanted: Wanted, nowMs: number): Promise<CertificateFiles> {
  const certFile = `${path}.crt`;
  const keyFile = `${path}.key`;
  const [cert, key] = await Promise.all([readText(certFile), readText(keyFile)]);
  if (cert !== undefined && key !== undefined && isGood({ cert, key }, wanted, nowMs))
    return { certFile, keyFile, cert, key };
  const made = issueCertificate({ ...wanted, nowMs });
  await writeSecret(keyFile, made.key);
  await writePublic(certFile, made.cert);
  return { certFile, keyFile, ...made };
}

function isGood({ cert, key }: KeyedCertificate, { names, issuer }: Wanted, nowMs: number): boolean {
  const found = new X509Certificate(cert);
  const begun = found.validFromDate.getTime() <= nowMs; // the clock may have been wrong when it was made
  const alive = begun && found.validToDate.getTime() - nowMs > renewBeforeMs;
  const ofIssuer = issuer === undefined || found.verify(new X509Certificate(issuer.cert).publicKey);
  const ownKey = createPublicKey(key).equals(found.publicKey);
  return alive && ofIssuer && ownKey && sameNames(found, names);
}

function sameNames(certificate: X509Certificate, wanted: readonly string[]): boolean {
  const form = (name: string): string =>
    isIP(name) ? `IP Address:${canonicalAddress(name)}` : name.includes('://') ? `URI:${name}` : `DNS:${name}`;
  const found = (certificate.subjectAltName ?? '').split(', ').filter(name => name !== '');
  return found.length === wanted.length && wanted.every(name => found.includes(form(name)));
}

/** As node prints an address in a certificate: IPv6 in full, upper case. */
function canonicalAddress(address: string): string {
  if (isIP(address) === 4) return address;
  const host = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = host.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].join(':').toUpperCase();
}
