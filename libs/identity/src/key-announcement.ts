import { DroverError } from '@drover/errors';
import { createLocalJWKSet, errors, importJWK, jwtVerify, SignJWT } from 'jose';
import { isEd25519 } from './ed25519-jwk.ts';
import { isPublicKeys, isRetired, type PublicKeys, type SigningKey } from './signing-key.ts';

/** The `typ` of the JWS: no other signature of the same key is taken for an announcement (RFC 8725 §3.11). */
const announcementType = 'drover-keys+jwt';

/** What a key is for. A key of one role is worth nothing in another. */
export type KeyRole = 'identity' | 'session';

/** What an announcement says: from now on, these keys verify. */
export interface KeyAnnouncement {
  /** The hub that it is of. */
  readonly hubId: string;
  readonly role: KeyRole;
  /** Rises with each rotation, so that an older one is not taken after a newer one. */
  readonly seq: number;
  /** All that verify, the old ones with their `exp`. */
  readonly keys: PublicKeys['keys'];
}

/** Keys of one set: that which signs, the next, and those that are retired. */
export const maxKeys = 8;

/** Announces keys by the signature of the key that signs now: who trusts it may trust what it names (T9). */
export async function announceKeys(
  by: SigningKey,
  { hubId, role, seq, keys }: KeyAnnouncement,
  nowMs: number,
): Promise<string> {
  return new SignJWT({ seq, keys: [...keys] })
    .setProtectedHeader({ alg: 'EdDSA', kid: by.kid, typ: announcementType })
    .setIssuer(hubId)
    .setSubject(role)
    .setIssuedAt(Math.floor(nowMs / 1000))
    .sign(await importJWK(by.privateJwk, 'EdDSA'));
}

/** What an announcement says, where a key that is trusted now has signed it. @throws DroverError `identity-refused` */
export async function readAnnouncement(
  announcement: string,
  trusted: PublicKeys,
  { hubId, role, nowMs }: Pick<KeyAnnouncement, 'hubId' | 'role'> & { readonly nowMs: number },
): Promise<KeyAnnouncement> {
  try {
    const keys = trusted.keys.filter(key => isEd25519(key) && !isRetired(key, nowMs)).filter(isEd25519);
    const { payload, protectedHeader } = await jwtVerify(announcement, createLocalJWKSet({ keys }), {
      algorithms: ['EdDSA'],
      typ: announcementType,
      issuer: hubId,
      subject: role,
      currentDate: new Date(nowMs),
    });
    if (protectedHeader.kid === undefined) throw new errors.JWSInvalid('no kid');
    const { seq } = payload;
    if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) throw new errors.JWTInvalid('no seq');
    if (!isPublicKeys(payload) || payload.keys.length > maxKeys || !payload.keys.some(isEd25519))
      throw new errors.JWTInvalid('no keys');
    return { hubId, role, seq, keys: payload.keys };
  } catch (cause) {
    throw new DroverError('identity-refused', 'the announcement of keys is not valid', { cause });
  }
}
