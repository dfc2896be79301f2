import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DroverError } from '@drover/errors';

/** AES-256-GCM (NIST SP 800-38D): a key of 32 bytes, a random nonce of 12, a tag of 16. */
const cipher = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const kidBytes = 8;
/** Of so many rotations what one sealed can be opened, should the hub not have run to seal it anew. */
const maxKeys = 16;

interface SecretKey {
  readonly kid: string;
  readonly key: Buffer;
  /** It seals from then on, ms since 1970: every replica has read it by then. */
  readonly sealsFromMs: number;
}

/**
 * Keeps secrets that the hub has to show to others: what an identity provider gave it, what a directory's account is opened
 * with. They lie sealed in the store, and the keys in a file that the store's reader has not. The newest key whose time has come
 * seals; all open.
 *
 * @example
 * const ring = SecretRing.read(newSecretKeys());
 * const sealed = ring.seal('s3cret', 'provider corp'); // 'kid.nonce.ciphertext'
 * ring.open(sealed, 'provider corp'); // 's3cret'
 */
export class SecretRing {
  #keys: readonly [SecretKey, ...SecretKey[]];
  readonly #now: () => number;

  private constructor(keys: readonly [SecretKey, ...SecretKey[]], now: () => number) {
    this.#keys = keys;
    this.#now = now;
  }

  /** From the text of a JSON Web Key Set of symmetric keys (RFC 7518, 6.4). @throws DroverError `config-invalid`, with no key in it */
  static read(text: string, now: () => number = Date.now): SecretRing {
    return new SecretRing(someKeysOf(text), now);
  }

  /** Goes on with the keys of another text of the file. Throws as {@link read}, and then goes on as before. */
  adopt(text: string): void {
    this.#keys = someKeysOf(text);
  }

  /** `context` says what the secret is for: sealed for one purpose it does not open for another. */
  seal(secret: string, context: string): string {
    const { kid, key } = this.#sealing;
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
    sealing.setAAD(Buffer.from(`${kid}\n${context}`, 'utf8'));
    const text = Buffer.concat([sealing.update(secret, 'utf8'), sealing.final(), sealing.getAuthTag()]);
    return [kid, nonce.toString('base64url'), text.toString('base64url')].join('.');
  }

  /** @throws DroverError `secret-unreadable` for what no key of this ring sealed, or for another purpose */
  open(sealed: string, context: string): string {
    const [kid = '', nonce = '', text = ''] = sealed.split('.');
    const key = this.#keys.find(one => one.kid === kid)?.key;
    const bytes = Buffer.from(text, 'base64url');
    if (key === undefined || bytes.length < tagBytes) throw unreadable();
    try {
      const opening = createDecipheriv(cipher, key, Buffer.from(nonce, 'base64url'), { authTagLength: tagBytes });
      opening.setAAD(Buffer.from(`${kid}\n${context}`, 'utf8'));
      opening.setAuthTag(bytes.subarray(-tagBytes));
      return opening.update(bytes.subarray(0, -tagBytes), undefined, 'utf8') + opening.final('utf8');
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  get #sealing(): SecretKey {
    const now = this.#now();
    return this.#keys.find(({ sealsFromMs }) => sealsFromMs <= now) ?? this.#keys[0];
  }

  /** Whether the key that seals now sealed it: what an earlier one sealed is to be sealed again before that one goes. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${this.#sealing.kid}.`);
  }
}

/** The text of a key file with a new key before those of `earlier`, which open what they sealed, and seal until
 * `sealsFromMs`. */
export function newSecretKeys(earlier?: string, sealsFromMs = 0): string {
  const made = { kty: 'oct', alg: 'A256GCM', kid: randomBytes(kidBytes).toString('hex') };
  const key = { ...made, k: randomBytes(keyBytes).toString('base64url'), sealsFromMs };
  const others = earlier === undefined ? [] : keysOf(earlier).map(jwkOf);
  return `${JSON.stringify({ keys: [key, ...others].slice(0, maxKeys) })}\n`;
}

const jwkOf = ({ kid, key, sealsFromMs }: SecretKey) => ({
  kty: 'oct',
  alg: 'A256GCM',
  kid,
  k: key.toString('base64url'),
  sealsFromMs,
});

function someKeysOf(text: string): [SecretKey, ...SecretKey[]] {
  const [first, ...others] = keysOf(text);
  if (first === undefined) throw new DroverError('config-invalid', 'the secrets’ key file holds no key');
  return [first, ...others];
}

function keysOf(text: string): SecretKey[] {
  try {
    const { keys }: { keys: unknown[] } = JSON.parse(text);
    return keys.map(keyOf);
  } catch {
    // A cause could repeat what is in the file.
    throw new DroverError('config-invalid', 'the secrets’ key file is no JSON Web Key Set of 256-bit keys');
  }
}

function keyOf(value: unknown): SecretKey {
  const { kty, kid, k, sealsFromMs = 0 } = Object(value);
  const key = Buffer.from(String(k), 'base64url');
  if (kty !== 'oct' || typeof kid !== 'string' || !/^[\w-]{1,64}$/.test(kid) || key.length !== keyBytes)
    throw new Error();
  return { kid, key, sealsFromMs: Number(sealsFromMs) };
}

const unreadable = (cause?: unknown): DroverError => new DroverError('secret-unreadable', undefined, { cause });
