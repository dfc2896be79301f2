import { readFile } from 'node:fs/promises';
import { DroverError } from '@drover/errors';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** A private signing key, as it lies in a file (0600). */
export interface SigningKeyFile {
  readonly kid: string;
  readonly privateJwk: JWK;
}

/** The public halves that verify, RFC 7517. */
export interface PublicKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** A new Ed25519 key; its `kid` is the thumbprint of RFC 7638. */
export async function newSigningKey(): Promise<SigningKeyFile & { readonly publicJwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const [privateJwk, publicJwk] = await Promise.all([exportJWK(privateKey), exportJWK(publicKey)]);
  const kid = await calculateJwkThumbprint(publicJwk);
  const about = { kid, alg: 'EdDSA', use: 'sig' };
  return { kid, privateJwk: { ...privateJwk, ...about }, publicJwk: { ...publicJwk, ...about } };
}

/** Reads a key that was kept as JSON. @throws DroverError `config-invalid`, which never repeats the key */
export async function loadSigningKey(path: string): Promise<SigningKeyFile> {
  let read: unknown;
  try {
    read = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new DroverError('config-invalid', `${path} cannot be read as a signing key`, { cause });
  }
  if (isSigningKey(read)) return read;
  throw new DroverError('config-invalid', `${path} is no signing key: it needs kid and privateJwk`);
}

const isSigningKey = (value: unknown): value is SigningKeyFile =>
  typeof value === 'object' &&
  value !== null &&
  'kid' in value &&
  typeof value.kid === 'string' &&
  'privateJwk' in value &&
  typeof value.privateJwk === 'object' &&
  value.privateJwk !== null;
