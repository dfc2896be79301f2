import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  type ApiRequest,
  type ApiResponse,
  ApiServer,
  NodeResponse,
  nodeRequest,
  type Registry,
  type Store,
  sendError,
} from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { version } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { AssertionVerifier, type SecretRing } from '@drover/identity';
import type { PlainHandler } from '@drover/service-kit';
import { type LoginSessionStore, type OneTimeStore, RateLimits } from '@drover/sessions';
import type { Logger } from '@drover/telemetry';
import { admitWrite } from './access/admit.ts';
import { authenticatedGroup } from './access/built-ins.ts';
import { Escalation } from './access/escalation.ts';
import { impersonated, impersonationHeader } from './access/impersonation.ts';
import { requireAdministratorLeft } from './access/last-administrator.ts';
import { ensureLocalProvider, requireDeletable } from './access/local-provider.ts';
import { reviewsOf } from './access/reviews.ts';
import { Rights } from './access/rights.ts';
import { PlainResponse, plainRequest } from './adapters/plain-exchange.ts';
import { type Caller, decide } from './domain/authorization.ts';
import type { AgentSession } from './domain/cluster-status.ts';
import type { HubFacts } from './domain/hub-facts.ts';
import { Accounts } from './operations/accounts.ts';
import { ClusterNamespaces } from './operations/cluster-namespaces.ts';
import { Creators } from './operations/creators.ts';
import { Enrolment } from './operations/enrolment.ts';
import { EventRecorder } from './operations/event-recorder.ts';
import { Janitor } from './operations/janitor.ts';
import { Joining } from './operations/joining.ts';
import { TokenUses } from './operations/token-uses.ts';
import { BuiltInsReconciler } from './reconcilers/built-ins.ts';
import { ClusterStatusReconciler } from './reconcilers/cluster-status.ts';
import { allResources, authProviders, users } from './resources/index.ts';
import { hubRoutesOf, isHubRoute } from './routes/index.ts';
import type { SessionKeys } from './sign-in/credentials.ts';
import { signInOf } from './sign-in/index.ts';
import { resealProviders } from './sign-in/reseal-providers.ts';

/** The audience of assertions for the hub's own API. */
const hubAudience = 'hub';
/** The header in which auth-proxy, and nobody else, says who asks. */
const identityHeader = 'drover-identity';
/** One assertion of a caller lives for a minute; so many callers a minute are verified once each. */
const maxVerified = 10_000;
/** The Kubernetes API whose conventions are followed: what `kubectl version` compares itself with. */
const kubernetesVersion = { major: '1', minor: '32' };

/** What fleet-api is made of, with nothing said of NATS or Redis. */
export interface FleetParts {
  readonly store: Store;
  readonly hub: HubFacts;
  /** Seals what the hub keeps for identity providers. */
  readonly secrets: SecretRing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sessionKeys: SessionKeys;
  readonly logins: LoginSessionStore;
  readonly once: OneTimeStore;
  /** Counts failed sign-ins; absent: in this process alone. */
  readonly limits?: RateLimits;
  /** A cluster's live tunnel sessions, newest first. */
  readonly sessionsOf: (clusterUid: string) => readonly AgentSession[];
  /** Why requests would fail now; undefined: they would not. */
  readonly unready?: () => string | undefined;
}

/** The hub's API at work. */
export interface Fleet {
  readonly registry: Registry;
  readonly accounts: Accounts;
  readonly enrolment: Enrolment;
  readonly tokenUses: TokenUses;
  /** The session directory may have changed. */
  readonly wake: () => void;
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
  /** Serves plain requests to the Kubernetes API. */
  readonly servePlain: PlainHandler;
  close(): Promise<void>;
}

/** Loads the store and starts everything that stands on it. Throws `store-unavailable`. */
export async function startFleet(parts: FleetParts): Promise<Fleet> {
  const { store, hub, secrets, clock, logger, sessionsOf, unready = () => undefined } = parts;
  const api: ApiServer<Caller> = new ApiServer<Caller>({
    types: allResources,
    virtual: reviewsOf({ registry: () => registry, rights: () => rights, clock }),
    store,
    clock,
    authorize: (caller, asked) => decide(rights.grants, caller, asked),
    authorizePath: (caller, verb, path) => rights.grants.allowsPath(caller, { verb, path }),
    admit: (caller, write) =>
      admitWrite({ registry, rights, escalation, accounts, creators, secrets, clock }, caller, write),
    nameOf: caller => caller.user,
    program: 'drover',
    version: {
      ...kubernetesVersion,
      gitVersion: `v${kubernetesVersion.major}.${kubernetesVersion.minor}.0+drover-${version}`,
    },
    healthChecks: [
      { name: 'nats', of: ['healthz', 'readyz'], why: unready },
      // Never a failure: a hub that loses two minutes in a power failure serves all the same (T31).
      { name: 'durability', of: ['readyz'], why: () => undefined, says: () => hub.durability ?? 'unknown' },
    ],
    onProblem: error => logger.error({ err: error }, 'the API server met a problem'),
  });
  const { registry } = api;
  registry.hook(authProviders, { beforeDelete: provider => requireDeletable(registry, provider) });
  const rights = new Rights(api.cache);
  const escalation = new Escalation(rights);
  const limits = parts.limits ?? new RateLimits({ clock, logger });
  const accounts = new Accounts(registry, clock, limits);
  const creators = new Creators(registry, holder => rights.mayEverything(holder));
  // Before the janitor, who would have taken away what is the user's.
  registry.hook(users, { beforeDelete: async user => requireAdministratorLeft({ registry, rights }, user, undefined) });
  const events = new EventRecorder(registry, clock, logger);
  const enrolment = new Enrolment(registry, events, clock);
  const joining = new Joining(registry, creators, enrolment, hub, clock);
  const tokenUses = new TokenUses(registry, clock, logger);
  const signIn = await signInOf({ ...parts, limits, registry, accounts });
  const janitor = new Janitor(registry, clock, logger, {
    sweep: async () => {
      await resealProviders(registry, secrets, logger);
      await signIn.sessions.sweep();
    },
    userGone: user => signIn.identities.forget(user),
  });
  const clusterNamespaces = new ClusterNamespaces(registry, clock, logger);
  const status = new ClusterStatusReconciler({ registry, sessionsOf, events, clock, logger });
  const builtIns = new BuiltInsReconciler({ registry, cache: api.cache, clock, logger });
  const verifier = AssertionVerifier.create(hub.identityKeys, { audience: hubAudience, maxCached: maxVerified });

  const callerOf = async ({ headers }: { headers: IncomingHttpHeaders }): Promise<Caller | undefined> => {
    const assertion = headers[identityHeader];
    if (assertion === undefined) return undefined;
    if (typeof assertion !== 'string') throw new DroverError('identity-refused');
    const { user, groups, extra } = await verifier.verify(assertion, clock.now());
    const caller = { user, groups: [...groups, authenticatedGroup], extra };
    const wish = headers[impersonationHeader];
    return typeof wish === 'string' ? impersonated(rights, caller, wish) : caller;
  };
  const routes = await hubRoutesOf({
    hub,
    registry,
    accounts,
    enrolment,
    joining,
    rights,
    escalation,
    ...signIn,
    secrets: parts.secrets,
    clock,
    logger,
    callerOf,
  });
  try {
    await api.start();
    await builtIns.start();
    await ensureLocalProvider(registry);
    await janitor.start();
    await clusterNamespaces.start();
    signIn.refresh.start();
  } catch (error) {
    await builtIns.close();
    await routes.close();
    await api.close();
    throw error;
  }

  const answer = async (request: ApiRequest, response: ApiResponse): Promise<void> => {
    try {
      await api.answer(request, response, await callerOf(request));
    } catch (error) {
      sendError(response, DroverError.from(error));
    }
  };
  return {
    registry,
    accounts,
    enrolment,
    tokenUses,
    wake: () => status.wake(),
    serve: (request, response) => {
      if (isHubRoute(request)) routes.serve(request, response);
      else void answer(nodeRequest(request), new NodeResponse(response));
    },
    servePlain: (request, reply) => {
      const response = new PlainResponse(reply, clock);
      void answer(plainRequest(request), response);
      return response;
    },
    close: async () => {
      clusterNamespaces.close();
      janitor.close();
      await signIn.refresh.close();
      await signIn.providers.close();
      await tokenUses.close();
      await builtIns.close();
      await status.close();
      await events.close();
      await routes.close();
      await api.close();
    },
  };
}
