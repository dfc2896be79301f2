import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { DroverError } from '@drover/errors';

/** `drv`: a user's bearer token; `drj`: a cluster's join token. The prefix is for secret scanners. */
export type TokenKind = 'drv' | 'drj';

/** A new token: the text is shown once, the hash is kept. */
export interface MintedToken {
  readonly token: string;
  /** The token's public part, and the name of its object. */
  readonly id: string;
  /** SHA-256 of the whole text, hex. A fast hash is enough: the secret is 256 random bits. */
  readonly hash: string;
}

const idLength = 10;
const secretLength = 43;
const checksumLength = 6;
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const form = /^(drv|drj)_([a-z2-7]{10})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** Source of random bytes, handed in by tests. */
export type RandomBytes = (count: number) => Uint8Array;

function encode(value: bigint, alphabet: string, length: number): string {
  const base = BigInt(alphabet.length);
  let rest = value;
  let text = '';
  for (let at = 0; at < length; at++) {
    text = alphabet.charAt(Number(rest % base)) + text;
    rest /= base;
  }
  return text;
}

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const checksum = (text: string): string => encode(BigInt(crc32(text)), base62, checksumLength);

/** Makes `drv_<id>_<secret><checksum>`: 256 random bits (T8), and a CRC-32 by which a scanner tells it from noise. */
export function mintToken(kind: TokenKind, random: RandomBytes = randomBytes): MintedToken {
  // An id begins with a letter, since it is an object's name (DNS-1123 allows digits, people read letters better).
  const id = encode(number(random(8)), base32, idLength).replace(/^[2-7]/, digit => base32.charAt(Number(digit)));
  return { id, ...secretOfToken(kind, id, random) };
}

/** Makes a secret for the token of a given id: `mintToken` for one that is there. */
export function secretOfToken(kind: TokenKind, id: string, random: RandomBytes = randomBytes): Omit<MintedToken, 'id'> {
  const body = `${kind}_${id}_${encode(number(random(32)), base62, secretLength)}`;
  const token = body + checksum(body);
  return { token, hash: hashToken(token) };
}

/** SHA-256 of the token's text, hex. */
export const hashToken = (token: string): string => createHash('sha256').update(token, 'latin1').digest('hex');

/** Takes a token apart. @throws DroverError `token-malformed`, which never repeats the token. */
export function parseToken(text: string): { kind: TokenKind; id: string; hash: string } {
  const match = form.exec(text);
  const body = text.slice(0, -checksumLength);
  if (match === null || checksum(body) !== match[4]) throw new DroverError('token-malformed');
  return { kind: match[1] as TokenKind, id: match[2] ?? '', hash: hashToken(text) };
}
