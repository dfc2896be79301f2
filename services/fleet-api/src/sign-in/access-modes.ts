import type { AuthProvider } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { ProviderIdentity } from './provider.ts';
import { isLocal } from './providers.ts';

/**
 * Refuses whom the provider's `spec.access` does not let in; what is not said there is nobody. `user`: who it is on the hub,
 * where that is known. Throws `forbidden`.
 */
export function requireAccess(provider: AuthProvider, identity: ProviderIdentity, user: string | undefined): void {
  if (isLocal(provider)) return; // its users are made one by one
  const { mode, groups = [], users = [] } = provider.spec.access ?? {};
  const isIn =
    mode === 'anyone' ||
    (mode === 'groups' && identity.groups.some(group => groups.includes(group))) ||
    (mode === 'users' && (users.includes(identity.subject) || (user !== undefined && users.includes(user))));
  if (isIn) return;
  const { name } = provider.metadata;
  const why = `the provider ${name} knows ${identity.username}, but does not let that account into this hub`;
  throw new DroverError('forbidden', `${why}; ask an administrator of the hub`);
}
