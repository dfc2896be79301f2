import type { Accounts } from '../operations/accounts.ts';
import { GithubProvider } from './github.ts';
import { localSignIn } from './local.ts';
import { OidcProvider } from './oidc.ts';
import type { ProviderMaker } from './providers.ts';

/** How people sign in, by the type of the provider. */
export const providerMakers = (accounts: Accounts): Readonly<Record<string, ProviderMaker>> => ({
  local: () => localSignIn(accounts),
  oidc: ({ provider, secret, clock }) =>
    provider.spec.oidc &&
    new OidcProvider({
      name: provider.metadata.name,
      spec: provider.spec.oidc,
      secret: () => secret('clientSecret'),
      clock,
    }),
  github: ({ provider, secret }) =>
    provider.spec.github &&
    new GithubProvider({
      name: provider.metadata.name,
      spec: provider.spec.github,
      secret: () => secret('clientSecret'),
    }),
});
