import { type Registry, type ResourceAttributes, type ResourceType, refusal } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { DroverError } from '@drover/errors';
import type { SecretRing } from '@drover/identity';
import type { Logger } from '@drover/telemetry';
import type { FastifyRequest } from 'fastify';
import type { Escalation } from '../access/escalation.ts';
import type { Rights } from '../access/rights.ts';
import { type Caller, scopeOf } from '../domain/authorization.ts';
import type { HubFacts } from '../domain/hub-facts.ts';
import type { Accounts } from '../operations/accounts.ts';
import type { Enrolment } from '../operations/enrolment.ts';
import type { HubSettings } from '../operations/hub-settings.ts';
import type { Joining } from '../operations/joining.ts';
import type { GroupRefresh } from '../sign-in/group-refresh.ts';
import type { LoginSessions } from '../sign-in/login-sessions.ts';
import type { OAuthGrants } from '../sign-in/oauth-grants.ts';
import type { Providers } from '../sign-in/providers.ts';
import type { RedirectFlow } from '../sign-in/redirect-flow.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { FurtherGrant } from './oauth.ts';

/** What the routes of `/v1` work with. */
export interface RouteParts {
  readonly hub: HubFacts;
  readonly registry: Registry;
  readonly accounts: Accounts;
  readonly enrolment: Enrolment;
  readonly joining: Joining;
  readonly rights: Rights;
  readonly escalation: Escalation;
  readonly settings: HubSettings;
  readonly providers: Providers;
  readonly signIn: SignIn;
  readonly sessions: LoginSessions;
  readonly redirects: RedirectFlow;
  readonly grants: OAuthGrants;
  readonly refresh: GroupRefresh;
  /** Opens what is sealed in sessions' records. */
  readonly secrets: SecretRing;
  /** Grants of `POST /v1/oauth/token` besides those of sessions, by their `grant_type`. */
  readonly furtherGrants: ReadonlyMap<string, FurtherGrant>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who sends the request, by its verified assertion; undefined: nobody known. */
  readonly callerOf: (request: FastifyRequest['raw']) => Promise<Caller | undefined>;
}

/** Who sends the request. Throws `unauthenticated`. */
export async function requireCaller(parts: RouteParts, request: FastifyRequest): Promise<Caller> {
  const caller = await parts.callerOf(request.raw);
  if (caller === undefined) throw new DroverError('unauthenticated', 'Unauthorized');
  return caller;
}

/** What a route is about, as the hub's API would name the same. */
export interface RouteAccess {
  readonly verb: ResourceAttributes['verb'];
  readonly type: ResourceType;
  readonly name?: string;
}

/** Whether the caller may do it to any such object, or to the named one: to a cluster also by what he holds in it. */
export function mayAll({ rights }: RouteParts, caller: Caller, { verb, type, name }: RouteAccess): boolean {
  const asked = { verb, group: type.group, resource: type.plural, name };
  return rights.grants.allows(caller, scopeOf({ ...asked, namespace: undefined, name }), asked);
}

/** Refuses, in the words of the hub's API, whoever may not do it to any such object. Throws `forbidden`. */
export function requireAll(parts: RouteParts, caller: Caller, access: RouteAccess): void {
  if (mayAll(parts, caller, access)) return;
  const { verb, type, name } = access;
  const asked = { verb, group: type.group, resource: type.plural, subresource: undefined, namespace: undefined, name };
  throw refusal(type, asked, caller.user);
}

/** The header by which auth-proxy tells a client's address; a client's own of that name never gets past it. */
const sourceHeader = 'drover-source-address';

/** The client's address. */
export function sourceAddress(request: FastifyRequest): string {
  const told = request.headers[sourceHeader];
  return typeof told === 'string' && told !== '' ? told : (request.raw.socket.remoteAddress ?? '');
}

/** `ttlSeconds` in a body: from a minute on. */
export const ttlSchema = { type: 'integer', minimum: 60, maximum: 10 * 366 * 86_400 } as const;
/** The name of an object in a path. */
export const nameSchema = { type: 'string', minLength: 1, maxLength: 253 } as const;
export const namedSchema = { type: 'object', properties: { name: nameSchema }, required: ['name'] } as const;
