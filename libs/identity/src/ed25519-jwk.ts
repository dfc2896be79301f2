import type { JWK } from 'jose';

/** Whether a key of a set is an Ed25519 key with a `kid`. Others, symmetric ones above all, never come near a signature. */
export const isEd25519 = (key: Readonly<Record<string, unknown>>): key is JWK & { kty: 'OKP'; kid: string } =>
  key['kty'] === 'OKP' && key['crv'] === 'Ed25519' && typeof key['kid'] === 'string' && typeof key['x'] === 'string';
