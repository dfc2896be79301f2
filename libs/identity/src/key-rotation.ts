import { DroverError } from '@drover/errors';
import { isEd25519 } from './ed25519-jwk.ts';
import { announceKeys, type KeyRole, maxKeys } from './key-announcement.ts';
import {
  isRetired,
  newSigningKey,
  type PublicKeys,
  readPublicKeys,
  type SigningKey,
  type SigningKeyFile,
} from './signing-key.ts';

/** The public keys of a role, as they lie in a file: a JWKS (RFC 7517) with what led to it. */
export interface PublishedKeys extends PublicKeys {
  /** How often the keys were rotated. */
  readonly seq?: number;
  /** The last announcements, the oldest first, each signed by the key before: a chain from a key that somebody pinned. */
  readonly announcements?: readonly string[];
}

/** Announcements that are kept; who has missed more rotations is given keys anew (`drover cluster import`). */
export const maxAnnouncements = 32;

export interface Rotation {
  readonly role: KeyRole;
  readonly hubId: string;
  readonly signing: SigningKeyFile;
  readonly published: PublishedKeys;
  readonly nowMs: number;
  /** From now until the new key signs: those who verify get to know it. */
  readonly graceMs: number;
  /** From then until the old key verifies no more: what it signed may be used up. */
  readonly overlapMs: number;
}

/** What lies in the files after a rotation, and when what happens, milliseconds since 1970. */
export interface Rotated {
  readonly signing: SigningKeyFile;
  readonly published: PublishedKeys;
  readonly signsFromMs: number;
  readonly retiresAtMs: number;
}

/**
 * A new key for a role, with overlap: it is announced by the old one's signature and verifies at once, signs after
 * `graceMs`, and the old one verifies until `overlapMs` after that. The old one's private half is kept until it signs no
 * more; a further rotation drops it.
 *
 * @throws DroverError `conflict` where the last rotation's key does not sign yet
 */
export async function rotateKeys(rotation: Rotation): Promise<Rotated> {
  const { role, hubId, published, nowMs } = rotation;
  const current = signsNow(rotation.signing, nowMs);
  const fresh = await newSigningKey();
  const signsFromMs = nowMs + rotation.graceMs;
  const retiresAtMs = signsFromMs + rotation.overlapMs;
  const exp = Math.ceil(retiresAtMs / 1000);
  const live = published.keys.filter(key => !isRetired(key, nowMs));
  const retiring = live.map(key => (key['exp'] === undefined ? { ...key, exp } : key));
  const keys = [...retiring, { ...fresh.publicJwk }];
  if (keys.length > maxKeys) {
    throw new DroverError('conflict', `${live.length} keys still verify; wait until the first of them is retired`);
  }
  const seq = (published.seq ?? 0) + 1;
  const announcement = await announceKeys(current, { hubId, role, seq, keys }, nowMs);
  const { kid, privateJwk } = fresh;
  return {
    signing: { ...current, next: { kid, privateJwk, from: new Date(signsFromMs).toISOString() } },
    published: {
      keys,
      seq,
      announcements: [...(published.announcements ?? []), announcement].slice(-maxAnnouncements),
    },
    signsFromMs,
    retiresAtMs,
  };
}

function signsNow({ next, ...first }: SigningKeyFile, nowMs: number): SigningKey {
  if (next === undefined) return first;
  const { from, ...key } = next;
  if (nowMs >= Date.parse(from)) return key;
  throw new DroverError('conflict', `a rotation is under way: its key signs from ${from} on`);
}

/** The public keys of a role from their file's JSON. @throws DroverError `config-invalid` */
export function readPublishedKeys(text: string, from: string): PublishedKeys {
  const read: PublishedKeys = readPublicKeys(text, from);
  const { seq = 0, announcements = [] } = read;
  if (!Number.isSafeInteger(seq) || !Array.isArray(announcements) || !read.keys.some(isEd25519))
    throw new DroverError('config-invalid', `${from} holds no Ed25519 keys of the hub`);
  return { keys: read.keys, seq, announcements: announcements.filter(one => typeof one === 'string') };
}
