import { X509Certificate } from 'node:crypto';
import { DroverError } from '@drover/errors';
import { usageError } from '../failure.ts';

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, each as PEM. */
export const certificatesOf = (text: string): string[] => (text.match(pem) ?? []).map(each => `${each}\n`);

/** A certificate's SHA-256 fingerprint, `sha256:` and 64 hexadecimal digits. @throws `hub-untrusted` where it is none */
export function fingerprintOf(certificate: string): string {
  try {
    return `sha256:${new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()}`;
  } catch (cause) {
    throw new DroverError('hub-untrusted', 'what the hub gave as its CA is no certificate', { cause });
  }
}

/** A fingerprint as people write it: in either case, with colons or without (`openssl x509 -fingerprint -sha256`). */
export function parseFingerprint(text: string): string {
  const digits = text
    .replace(/^sha-?256[:=]/i, '')
    .replaceAll(':', '')
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return `sha256:${digits}`;
  throw usageError(`${JSON.stringify(text)} is no fingerprint; write sha256: and 64 hexadecimal digits`);
}
