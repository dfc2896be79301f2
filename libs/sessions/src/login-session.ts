/** Somebody who has signed in, until it ends. Times are milliseconds since 1970. */
export interface LoginSession {
  /** A UUID, so that it may be an object's name. */
  readonly id: string;
  readonly user: string;
  /** The User's uid: a later user of the name is somebody else. */
  readonly userUid: string;
  /** The AuthProvider, and who it is there. */
  readonly provider: string;
  readonly subject: string;
  readonly startedAtMs: number;
  readonly seenAtMs: number;
  /** The absolute limit. */
  readonly endsAtMs: number;
  /** Where the session credential is kept: a browser's cookie, or the command line's cache. */
  readonly client: 'browser' | 'cli';
  readonly userAgent: string;
  /** The address that it was made from. */
  readonly source: string;
  /** What the provider's refresh needs, encrypted. */
  readonly refreshSecret?: string;
  /** What the provider's logout needs, encrypted. */
  readonly logoutHint?: string;
}

/**
 * Where login sessions are kept. Each method throws `sessions-unavailable` while that is away; who is signed in goes on
 * without it, by the signature of his credential.
 */
export interface LoginSessionStore {
  create(session: LoginSession): Promise<void>;
  /** Undefined: it has ended, or was lost with the store. */
  find(id: string): Promise<LoginSession | undefined>;
  touch(id: string, seenAtMs: number): Promise<void>;
  /** Keeps another secret for the provider; a session that is gone stays gone. */
  keepRefreshSecret(id: string, refreshSecret: string | undefined): Promise<void>;
  end(id: string): Promise<void>;
  /** The newest first. */
  ofUser(user: string): Promise<readonly LoginSession[]>;
  /** At most `limit` sessions that were last seen before `ms`, the longest unseen first. */
  seenBefore(ms: number, limit: number): Promise<readonly LoginSession[]>;
}

/**
 * What is kept for a short time under a secret: the state of an OAuth flow, a code. Each method throws
 * `sessions-unavailable` while the store is away.
 */
export interface OneTimeStore {
  put(kind: OneTimeKind, secret: string, value: object, lifetimeMs: number): Promise<void>;
  look(kind: OneTimeKind, secret: string): Promise<unknown>;
  /** Of many that take it at once, one gets it; the others undefined. */
  take(kind: OneTimeKind, secret: string): Promise<unknown>;
  /** Puts another value in its place until its time ends; false: there is none any more. */
  replace(kind: OneTimeKind, secret: string, value: object): Promise<boolean>;
}

/** What a secret of a {@link OneTimeStore} is. */
export type OneTimeKind = 'state' | 'code' | 'device' | 'user-code';
