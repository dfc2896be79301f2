import { type AuthProvider, isRevoked, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type Credential, localProvider } from './credential.ts';

/** What a credential stands on besides itself, as it is stored now. */
export interface Ground {
  user(name: string): User | undefined;
  provider(name: string): AuthProvider | undefined;
  sessionEnded(id: string): boolean;
}

/**
 * The user of a credential that still stands (T5): its session was not ended, its provider signs people in, its user is the
 * one it was made for, is not disabled, and was not told to sign in again since.
 *
 * @throws DroverError `session-ended`, `unauthenticated`, `user-disabled`
 */
export function requireStanding(credential: Credential, ground: Ground): User {
  if (credential.kind === 'session' && ground.sessionEnded(credential.id)) throw new DroverError('session-ended');
  if (!isOpen(ground.provider(credential.provider), credential))
    throw new DroverError('unauthenticated', `the provider ${JSON.stringify(credential.provider)} signs nobody in now`);
  const user = ground.user(credential.user);
  if (user === undefined) throw new DroverError('unauthenticated');
  if (user.spec.disabled)
    throw new DroverError('user-disabled', `user ${JSON.stringify(user.metadata.name)} is disabled`);
  if (!isStillOf(user, credential))
    throw new DroverError('unauthenticated', 'the credentials of this user were revoked; sign in again');
  return user;
}

/** Whether a user, as he is now, stands behind a credential of his name. */
export const isStillOf = (user: User, credential: Credential): boolean =>
  user.spec.disabled !== true &&
  (credential.userUid === undefined || credential.userUid === user.metadata.uid) &&
  !isRevoked(user, credential.startedMs);

/**
 * Whether a provider, as it is now, signs the owner of a credential in. A local provider that is no object is open: hubs
 * had one before it was. A provider that was made after the credential is another of its name.
 */
export function isOpen(provider: AuthProvider | undefined, { provider: name, startedMs }: Credential): boolean {
  if (provider === undefined) return name === localProvider;
  if (provider.spec.enabled !== true) return false;
  return name === localProvider || Date.parse(provider.metadata.creationTimestamp) <= startedMs + 999;
}
