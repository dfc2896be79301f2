export { type BackedUp, type BackUpOptions, backUpHub } from './back-up.ts';
export type { CredentialReport } from './credentials.ts';
export type { OwnNats } from './hub-store.ts';
export { type Restored, type RestoreOptions, restoreHub, revisionLeap } from './restore.ts';
