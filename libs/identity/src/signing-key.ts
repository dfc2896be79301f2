import { readFile } from 'node:fs/promises';
import { DroverError } from '@drover/errors';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

/** A private key. */
export interface SigningKey {
  readonly kid: string;
  readonly privateJwk: JWK;
}

/** A private signing key, as it lies in a file (0600), and during a rotation the one that follows it. */
export interface SigningKeyFile extends SigningKey {
  readonly next?: SigningKey & {
    /** RFC 3339: from when on it signs. Until then those who verify get to know it. */
    readonly from: string;
  };
}

/** The public halves that verify, RFC 7517. The member `exp` says until when a key verifies (seconds, as in a JWT). */
export interface PublicKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Public keys that may change while they are used. It is asked before each signature is verified. */
export type KeySource = (nowMs: number) => PublicKeys | Promise<PublicKeys>;

/** A new Ed25519 key; its `kid` is the thumbprint of RFC 7638. */
export async function newSigningKey(): Promise<SigningKey & { readonly publicJwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const [privateJwk, publicJwk] = await Promise.all([exportJWK(privateKey), exportJWK(publicKey)]);
  const kid = await calculateJwkThumbprint(publicJwk);
  const about = { kid, alg: 'EdDSA', use: 'sig' };
  return { kid, privateJwk: { ...privateJwk, ...about }, publicJwk: { ...publicJwk, ...about } };
}

/** Reads a key that was kept as JSON. @throws DroverError `config-invalid`, which never repeats the key */
export async function loadSigningKey(path: string): Promise<SigningKeyFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new DroverError('config-invalid', `${path} cannot be read as a signing key`, { cause });
  }
  return readSigningKey(text, path);
}

/** A key from its JSON; `from` is how errors call it. @throws DroverError `config-invalid`, which never repeats the key */
export function readSigningKey(text: string, from: string): SigningKeyFile {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    // without the cause, which quotes what it could not read
    throw new DroverError('config-invalid', `${from} cannot be read as a signing key`);
  }
  if (isSigningKeyFile(read)) return read;
  throw new DroverError('config-invalid', `${from} is no signing key: it needs kid and privateJwk`);
}

/** Public keys from their JSON. @throws DroverError `config-invalid` */
export function readPublicKeys(text: string, from: string): PublicKeys {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw new DroverError('config-invalid', `${from} cannot be read as a JWKS`, { cause });
  }
  if (isPublicKeys(read)) return read;
  throw new DroverError('config-invalid', `${from} is no JWKS`);
}

/** A signing key's file as it is now: it changes with a rotation. */
export type SigningKeySource = SigningKeyFile | (() => SigningKeyFile);

/** Keys that sign, one after the other: during a rotation the next one takes over at its time. */
export class SigningKeys {
  readonly #source: () => SigningKeyFile;
  #made: MadeKeys;

  private constructor(source: () => SigningKeyFile, made: MadeKeys) {
    this.#source = source;
    this.#made = made;
  }

  /** @throws DroverError `config-invalid`: a key is no private Ed25519 key */
  static async create(given: SigningKeySource): Promise<SigningKeys> {
    const source = typeof given === 'function' ? given : () => given;
    const of = source();
    return new SigningKeys(source, { of, keys: await imported(of) });
  }

  /** The key that signs at that time. While a changed file holds no usable key, those of before go on. */
  async at(nowMs: number): Promise<Omit<TimedKey, 'fromMs'>> {
    const of = this.#source();
    if (of !== this.#made.of) {
      const { keys } = this.#made;
      this.#made = { of, keys: await imported(of).catch(() => keys) };
    }
    const [first, next] = this.#made.keys;
    const signs = next !== undefined && nowMs >= next.fromMs ? next : first;
    if (signs === undefined) throw new DroverError('config-invalid', 'there is no signing key');
    return signs;
  }
}

interface MadeKeys {
  readonly of: SigningKeyFile;
  readonly keys: readonly TimedKey[];
}

interface TimedKey {
  readonly kid: string;
  readonly key: Awaited<ReturnType<typeof importJWK>>;
  readonly fromMs: number;
}

async function imported({ next, ...first }: SigningKeyFile): Promise<readonly TimedKey[]> {
  const keys = [{ ...first, from: undefined }, ...(next === undefined ? [] : [next])];
  try {
    return await Promise.all(
      keys.map(async ({ kid, privateJwk, from }) => ({
        kid,
        key: await importJWK(privateJwk, 'EdDSA'),
        fromMs: from === undefined ? 0 : Date.parse(from),
      })),
    );
  } catch (cause) {
    throw new DroverError('config-invalid', 'the signing key cannot be used', { cause });
  }
}

/** Whether a public key verifies no more. */
export const isRetired = (key: Readonly<Record<string, unknown>>, nowMs: number): boolean =>
  typeof key['exp'] === 'number' && nowMs >= key['exp'] * 1000;

/** The keys of a set that verify now: who pins keys is given no others. */
export const liveKeys = ({ keys }: PublicKeys, nowMs: number): Record<string, unknown>[] =>
  keys.filter(key => !isRetired(key, nowMs)).map(key => ({ ...key }));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSigningKey = (value: unknown): value is SigningKey & Record<string, unknown> =>
  isObject(value) && typeof value['kid'] === 'string' && isObject(value['privateJwk']);

const isSigningKeyFile = (value: unknown): value is SigningKeyFile => {
  if (!isSigningKey(value)) return false;
  const { next } = value;
  return next === undefined || (isSigningKey(next) && !Number.isNaN(Date.parse(String(next['from']))));
};

export const isPublicKeys = (value: unknown): value is PublicKeys =>
  isObject(value) && Array.isArray(value['keys']) && value['keys'].every(isObject);
