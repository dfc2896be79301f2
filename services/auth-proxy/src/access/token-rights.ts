import { isDeepStrictEqual } from 'node:util';
import type { Token } from '@drover/contracts';

/** Whether a token is good for the same as before; until when, `secretEndMs` says. */
export function sameRights({ spec: now }: Token, { spec: before }: Token): boolean {
  const rightsOf = ({ description: _, expiresAt: __, ...rights }: Token['spec']): unknown => rights;
  return isDeepStrictEqual(rightsOf(now), rightsOf(before));
}
