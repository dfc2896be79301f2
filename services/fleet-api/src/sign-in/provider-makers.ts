import type { Logger } from '@drover/telemetry';
import type { Accounts } from '../operations/accounts.ts';
import { GithubProvider } from './github.ts';
import { LdapProvider } from './ldap.ts';
import { localSignIn } from './local.ts';
import { OidcProvider } from './oidc.ts';
import type { ProviderMaker } from './providers.ts';

/** How people sign in, by the type of the provider. */
export const providerMakers = (accounts: Accounts, logger: Logger): Readonly<Record<string, ProviderMaker>> => ({
  local: () => localSignIn(accounts),
  oidc: ({ provider, secret, clock }) =>
    provider.spec.oidc &&
    new OidcProvider({
      name: provider.metadata.name,
      spec: provider.spec.oidc,
      secret: () => secret('clientSecret'),
      clock,
    }),
  ldap: ({ provider, secret, clock }) =>
    provider.spec.ldap &&
    new LdapProvider({
      name: provider.metadata.name,
      spec: provider.spec.ldap,
      bindPassword: () => secret('bindPassword'),
      clock,
      logger,
    }),
  github: ({ provider, secret }) =>
    provider.spec.github &&
    new GithubProvider({
      name: provider.metadata.name,
      spec: provider.spec.github,
      secret: () => secret('clientSecret'),
    }),
});
