import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import type { AuthProvider } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { decodeJwt } from 'jose';
import { authProviders, users } from '../resources/index.ts';
import type { SessionCredentials } from './credentials.ts';
import type { Visitor } from './login-sessions.ts';
import { oauthError } from './oauth-error.ts';
import { providerSignal } from './sign-in.ts';
import { WorkloadIssuer } from './workload-issuer.ts';
import { ruleOf, type WorkloadRule } from './workload-rules.ts';

/** RFC 8693 */
export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const jwtTypes = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token'];
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
/** Those of Kubernetes and of GitHub take two kilobytes. */
const maxJwtLength = 16 * 1024;

interface Parts {
  readonly registry: Registry;
  readonly credentials: Pick<SessionCredentials, 'access'>;
  readonly hubUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A credential for a program, and whose. */
export interface Exchanged {
  readonly answer: {
    readonly access_token: string;
    readonly issued_token_type: typeof accessTokenType;
    /** Seconds. */
    readonly expires_in: number;
    readonly user: string;
  };
  readonly begun: { readonly id: string; readonly user: string; readonly provider: string };
}

type WorkloadProvider = AuthProvider & { spec: { workload: NonNullable<AuthProvider['spec']['workload']> } };

/**
 * Exchanges a JWT of a trusted issuer for a short credential of a user (RFC 8693), so that programs keep no secret. There is
 * no session: nothing renews it, and the program comes again with another JWT. It is refused with its user and its provider
 * like every other.
 */
export class TokenExchange {
  readonly #parts: Parts;
  readonly #issuers = new Map<string, { readonly object: AuthProvider; readonly issuer: WorkloadIssuer }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Throws an error of OAuth, `forbidden`, `user-disabled`, `provider-unavailable`. */
  async exchange(form: URLSearchParams, visitor: Pick<Visitor, 'source'>): Promise<Exchanged> {
    const jwt = subjectTokenOf(form);
    const trusted = this.#trusting(jwt);
    let refused: unknown;
    for (const provider of trusted) {
      try {
        const claims = await this.#issuerOf(provider).verify(jwt, providerSignal());
        const rule = ruleOf(provider.spec.workload.rules, claims);
        if (rule !== undefined) return await this.#issue(provider, rule, claims.sub, form.get('resource'), visitor);
        refused ??= oauthError(
          'invalid_request',
          `no rule of ${provider.metadata.name} is for ${described(claims.sub)}`,
        );
      } catch (error) {
        // Of two providers with one issuer, the other may have a rule or a key for it.
        if (provider === trusted.at(-1)) refused ??= error;
      }
    }
    const error = DroverError.from(refused);
    this.#parts.logger.info({ err: error, source: visitor.source }, 'token exchange refused');
    // RFC 8693, 2.2.2: whatever is wrong with the subject token is an invalid request.
    throw error.code === 'unauthenticated' ? oauthError('invalid_request', error.message) : error;
  }

  /** The enabled providers whose issuer and audience are those that the JWT claims, by name. */
  #trusting(jwt: string): readonly WorkloadProvider[] {
    const { iss, aud } = claimed(jwt);
    const found = this.#parts.registry
      .list(authProviders)
      .filter(isWorkload)
      .filter(
        ({ spec }) =>
          spec.enabled === true && spec.workload.issuer === iss && [aud].flat().includes(spec.workload.audience),
      );
    if (found.length > 0) return found;
    throw oauthError('invalid_request', 'no provider of the hub trusts the issuer of the JWT for its audience');
  }

  /** Another revision of the object may name other keys. */
  #issuerOf(provider: WorkloadProvider): WorkloadIssuer {
    const { name } = provider.metadata;
    const known = this.#issuers.get(name);
    if (known?.object === provider) return known.issuer;
    const issuer = new WorkloadIssuer({ name, spec: provider.spec.workload, clock: this.#parts.clock });
    this.#issuers.set(name, { object: provider, issuer });
    return issuer;
  }

  async #issue(
    provider: WorkloadProvider,
    rule: WorkloadRule,
    subject: string,
    resource: string | null,
    { source }: Pick<Visitor, 'source'>,
  ): Promise<Exchanged> {
    const { registry, credentials, clock, logger, hubUrl } = this.#parts;
    const { name } = provider.metadata;
    const user = registry.find(users, rule.user);
    if (user === undefined)
      throw new DroverError('forbidden', `the rule of ${name} names ${rule.user}, who is no user`);
    if (user.spec.disabled === true)
      throw new DroverError('user-disabled', `user ${JSON.stringify(rule.user)} is disabled`);
    const clusters = resource === null ? rule.clusters : [clusterOf(resource, hubUrl, rule.clusters)];
    const now = clock.now();
    const startedMs = Math.floor(now / 1000) * 1000;
    const expiresAtMs = startedMs + rule.ttlSeconds * 1000;
    const sessionId = crypto.randomUUID();
    const facts = { user: rule.user, userUid: user.metadata.uid, sessionId, provider: name, startedMs, expiresAtMs };
    const token = await credentials.access(facts, now, expiresAtMs, clusters);
    logger.info({ user: rule.user, provider: name, subject, session: sessionId, source }, 'workload signed in');
    return {
      answer: { access_token: token, issued_token_type: accessTokenType, expires_in: rule.ttlSeconds, user: rule.user },
      begun: { id: sessionId, user: rule.user, provider: name },
    };
  }
}

const isWorkload = (provider: AuthProvider): provider is WorkloadProvider =>
  provider.spec.type === 'workload' && provider.spec.workload !== undefined;

function subjectTokenOf(form: URLSearchParams): string {
  const jwt = form.get('subject_token') ?? '';
  if (jwt === '' || jwt.length > maxJwtLength)
    throw oauthError('invalid_request', 'subject_token is missing or too long');
  if (!jwtTypes.includes(form.get('subject_token_type') ?? '')) {
    throw oauthError('invalid_request', `subject_token_type must be one of ${jwtTypes.join(', ')}`);
  }
  if (form.has('actor_token')) throw oauthError('invalid_request', 'the hub knows no actor_token');
  const wanted = form.get('requested_token_type');
  if (wanted === null || wanted === accessTokenType) return jwt;
  throw oauthError('invalid_request', `requested_token_type must be ${accessTokenType}`);
}

/** What the JWT says of itself, which nobody has verified yet. */
function claimed(jwt: string): { iss?: string | undefined; aud?: string | string[] | undefined } {
  try {
    return decodeJwt(jwt);
  } catch {
    throw oauthError('invalid_request', 'subject_token is no JWT');
  }
}

/** The one cluster that is asked for (RFC 8707), where the rule has it. */
function clusterOf(resource: string, hubUrl: string, clusters: readonly string[] | undefined): string {
  const prefix = `${hubUrl}/k8s/clusters/`;
  const name = resource.startsWith(prefix) ? resource.slice(prefix.length) : '';
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) && (clusters?.includes(name) ?? true)) return name;
  throw oauthError('invalid_target', `resource must be ${prefix}NAME, of a cluster that the rule names`);
}

const described = (subject: string): string => JSON.stringify(subject.slice(0, 200));
