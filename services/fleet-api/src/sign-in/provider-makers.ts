import type { Accounts } from '../operations/accounts.ts';
import { localSignIn } from './local.ts';
import type { ProviderMaker } from './providers.ts';

/** How people sign in, by the type of the provider. */
export const providerMakers = (accounts: Accounts): Readonly<Record<string, ProviderMaker>> => ({
  local: () => localSignIn(accounts),
});
