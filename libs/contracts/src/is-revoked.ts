import type { User } from './schemas/index.ts';

/**
 * Whether a user's credentials were revoked after one of them began (milliseconds since 1970). Times are kept in whole
 * seconds, so who revokes names the second to come.
 */
export const isRevoked = ({ spec: { credentialsNotBefore } }: User, startedMs: number): boolean =>
  credentialsNotBefore !== undefined && startedMs < Date.parse(credentialsNotBefore);
