import type { Token, User } from '@drover/contracts';
import type { SessionClaims } from '@drover/identity';

/** What a caller showed: a Token's secret, or what the hub signed for a session. */
export interface Credential {
  readonly kind: 'token' | 'session';
  /** The Token's name, or the session's id. */
  readonly id: string;
  /** The User's name. */
  readonly user: string;
  /** The User's uid, where the credential says it: another user of the name is somebody else. */
  readonly userUid: string | undefined;
  /** The AuthProvider at which its owner signed in. */
  readonly provider: string;
  /** The clusters that it is good for; undefined: all, and the hub. */
  readonly clusters: readonly string[] | undefined;
  /** When the token was made or the session began, milliseconds since 1970. */
  readonly startedMs: number;
  /** Milliseconds since 1970; Infinity where it does not expire. */
  readonly expiresAtMs: number;
  /** The SHA-256 of a token's secret (one that was rotated has two for a while); empty for a session. */
  readonly secretHash: string;
}

/** Who calls, and by which credential. The user is the object as it is stored now. */
export interface Caller {
  readonly user: User;
  readonly credential: Credential;
}

/** The provider of tokens that say none. */
export const localProvider = 'local';

export const credentialOfToken = (token: Token, secretHash: string, expiresAtMs: number): Credential => ({
  kind: 'token',
  id: token.metadata.name,
  user: token.spec.user,
  userUid: undefined,
  provider: token.spec.provider ?? localProvider,
  clusters: token.spec.clusters,
  startedMs: Date.parse(token.metadata.creationTimestamp),
  expiresAtMs,
  secretHash,
});

export const credentialOfSession = (claims: SessionClaims): Credential => ({
  kind: 'session',
  id: claims.sessionId,
  user: claims.user,
  userUid: claims.userUid,
  provider: claims.provider,
  clusters: claims.clusters,
  startedMs: claims.startedMs,
  expiresAtMs: claims.expiresAtMs,
  secretHash: '',
});
