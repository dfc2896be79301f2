import type { Accounts } from '../operations/accounts.ts';
import type { PasswordProvider } from './provider.ts';

/** Users whose passwords the hub keeps itself: the subject is the user's name. */
export const localSignIn = (accounts: Accounts): PasswordProvider => ({
  kind: 'password',
  verify: async ({ username, password }) =>
    (await accounts.isPassword(username, password)) ? { subject: username, username, groups: [] } : undefined,
  // Whether the user is still there and enabled is asked of every credential anyway.
  refresh: async ({ subject, username }) => ({ subject, username, groups: [] }),
});
