import { timingSafeEqual } from 'node:crypto';
import type { Token } from '@drover/contracts';

/**
 * Until when a secret, by its hash, opens a token: milliseconds since 1970, Infinity where the token does not end;
 * undefined: it does not. A token that was rotated has two secrets until the grace of the old one ends.
 */
export function secretEndMs(token: Token, hash: string): number | undefined {
  const { hash: current, previousHash, previousUntil, spec } = token;
  const endMs = spec.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(spec.expiresAt);
  if (sameHash(hash, current)) return endMs;
  if (previousHash === undefined || previousUntil === undefined || !sameHash(hash, previousHash)) return undefined;
  return Math.min(endMs, Date.parse(previousUntil));
}

const sameHash = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
