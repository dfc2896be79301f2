import { timingSafeEqual } from 'node:crypto';

/** Whether two hashes are equal, in a time that tells nothing of where they differ. */
export const sameHash = (one: string, other: string): boolean =>
  Buffer.byteLength(one) === Buffer.byteLength(other) &&
  timingSafeEqual(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));
