import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import type { SecretRing } from '@drover/identity';
import type { LoginSessionStore, OneTimeStore, RateLimits } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import type { HubFacts } from '../domain/hub-facts.ts';
import type { Accounts } from '../operations/accounts.ts';
import { HubSettings } from '../operations/hub-settings.ts';
import { users } from '../resources/index.ts';
import type { FurtherGrant } from '../routes/oauth.ts';
import { SessionCredentials, type SessionKeys } from './credentials.ts';
import { GroupRefresh } from './group-refresh.ts';
import { Identities } from './identities.ts';
import { LoginSessions } from './login-sessions.ts';
import { OAuthGrants } from './oauth-grants.ts';
import { providerMakers } from './provider-makers.ts';
import { providerSecret } from './provider-secrets.ts';
import { ProviderStatus } from './provider-status.ts';
import { Providers } from './providers.ts';
import { RedirectFlow } from './redirect-flow.ts';
import { SignIn } from './sign-in.ts';
import { TokenExchange, tokenExchangeGrant } from './token-exchange.ts';

/** What signing in stands on. */
export interface SignInParts {
  readonly registry: Registry;
  readonly accounts: Accounts;
  readonly hub: HubFacts;
  /** Seals the secrets of providers, and those in sessions' records. */
  readonly secrets: SecretRing;
  readonly sessionKeys: SessionKeys;
  readonly logins: LoginSessionStore;
  readonly once: OneTimeStore;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** All that signs people in. */
export interface SignInServices {
  readonly settings: HubSettings;
  readonly providers: Providers;
  readonly identities: Identities;
  readonly status: ProviderStatus;
  readonly sessions: LoginSessions;
  readonly signIn: SignIn;
  readonly redirects: RedirectFlow;
  readonly grants: OAuthGrants;
  readonly furtherGrants: ReadonlyMap<string, FurtherGrant>;
  readonly refresh: GroupRefresh;
}

/** Puts sign-in together. Throws `config-invalid` for keys that are none. */
export async function signInOf(parts: SignInParts): Promise<SignInServices> {
  const { registry, accounts, hub, secrets, sessionKeys, logins: store, once, limits, clock, logger } = parts;
  const userOf = (name: string) => registry.find(users, name);
  const settings = new HubSettings(registry);
  const credentials = await SessionCredentials.create(sessionKeys, hub.id);
  const providers = new Providers({
    registry,
    clock,
    makers: providerMakers(accounts, logger),
    secretOf: async (provider, field) => providerSecret(secrets, provider, field),
  });
  const identities = new Identities(registry, logger);
  const status = new ProviderStatus(registry, logger);
  const sessions = new LoginSessions({ registry, store, providers, credentials, settings, clock, logger });
  const signIn = new SignIn({
    providers,
    identities,
    status,
    sessions,
    secrets,
    limits,
    passwords: accounts,
    clock,
    logger,
    userOf,
  });
  const exchange = new TokenExchange({ registry, credentials, hubUrl: hub.url, clock, logger });
  return {
    settings,
    providers,
    identities,
    status,
    sessions,
    signIn,
    redirects: new RedirectFlow(once, hub.url),
    grants: new OAuthGrants({ once, sessions, userOf, clock }),
    refresh: new GroupRefresh({ registry, providers, status, sessions, store, secrets, settings, clock, logger }),
    furtherGrants: new Map([[tokenExchangeGrant, (form, visitor) => exchange.exchange(form, visitor)]]),
  };
}
