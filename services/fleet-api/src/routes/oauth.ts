import { isLabel, sessionHeaders } from '@drover/contracts';
import type { DroverError } from '@drover/errors';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { timestamp } from '../domain/timestamp.ts';
import { visitorOf } from '../pages/browser.ts';
import type { IssuedSession, Visitor } from '../sign-in/login-sessions.ts';
import { oauthCodeOf, oauthError } from '../sign-in/oauth-error.ts';
import { cliClient } from '../sign-in/oauth-grants.ts';
import { limitedBy } from './address-limits.ts';
import { tellAudit } from './audit-notes.ts';
import type { RouteParts } from './context.ts';
import { failureOf } from './failure.ts';
import { readForms } from './forms.ts';

/** Who has signed in, for the audit. */
type Begun = Pick<IssuedSession, 'id' | 'user' | 'provider'>;

/** What a grant of another kind makes of a form: the answer of RFC 6749, 5.1, without `token_type`, and whose it is. */
export type FurtherGrant = (
  form: URLSearchParams,
  visitor: Visitor,
) => Promise<{ readonly answer: TokenAnswer; readonly begun: Begun }>;

/** What `POST /v1/oauth/token` answers. */
export interface TokenAnswer {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  /** The session credential, for the grant `refresh_token`. */
  readonly refresh_token?: string;
  readonly issued_token_type?: string;
  readonly user: string;
  readonly session_id?: string;
  /** RFC 3339 */
  readonly session_expires_at?: string;
}

/** Programs behind one address renew every ten minutes, and each thing that they send is 256 bits or signed. */
const limits = limitedBy(600);

/** `/v1/oauth`: how programs get the credentials of a session and renew them. */
export async function oauthRoutes(app: FastifyInstance, parts: RouteParts): Promise<void> {
  const { hub, clock, sessions, grants, logger } = parts;
  readForms(app);
  app.setErrorHandler((error: FastifyError | DroverError, request, reply) => {
    const failure = failureOf(error);
    const { httpStatus, meaning } = failure.entry;
    if (httpStatus >= 500) logger.error({ err: error, route: request.routeOptions.url }, 'a request failed');
    const code = oauthCodeOf(failure);
    // A device asks again and again until somebody has typed its code.
    if (code !== 'authorization_pending' && code !== 'slow_down')
      tellAudit(request, { action: 'credential-refused', reason: failure.code });
    // RFC 6749, 5.2: 400, but for a client that is not known; what may pass keeps its status, which says so.
    const status = httpStatus >= 500 || httpStatus === 429 ? httpStatus : code === 'invalid_client' ? 401 : 400;
    const description = failure.code === 'internal' ? meaning : failure.message;
    return reply.code(status).header('cache-control', 'no-store').send({ error: code, error_description: description });
  });

  const answerOf = (issued: IssuedSession): TokenAnswer => ({
    access_token: issued.access,
    expires_in: Math.floor((issued.accessExpiresAtMs - clock.now()) / 1000),
    refresh_token: issued.session,
    user: issued.user,
    session_id: issued.id,
    session_expires_at: timestamp(issued.endsAtMs),
  });

  const redeem = async (form: URLSearchParams, visitor: Visitor): Promise<{ answer: TokenAnswer; begun?: Begun }> => {
    const type = form.get('grant_type') ?? '';
    const further = parts.furtherGrants.get(type);
    if (further !== undefined) return further(form, visitor);
    if (form.get('client_id') !== cliClient) throw oauthError('invalid_client', `the client must be ${cliClient}`);
    switch (type) {
      case 'refresh_token': {
        const cluster = clusterOf(form.get('resource'));
        const issued = await sessions.renew(required(form, 'refresh_token'), visitor, cluster);
        return { answer: answerOf(issued) };
      }
      case 'authorization_code': {
        const begun = await grants.byCode(
          {
            code: required(form, 'code'),
            redirectUri: required(form, 'redirect_uri'),
            verifier: required(form, 'code_verifier'),
          },
          visitor,
        );
        return { answer: answerOf(begun), begun };
      }
      case 'urn:ietf:params:oauth:grant-type:device_code': {
        const begun = await grants.byDevice(required(form, 'device_code'), visitor);
        return { answer: answerOf(begun), begun };
      }
      default:
        throw oauthError('unsupported_grant_type', `the hub knows no grant ${JSON.stringify(type.slice(0, 80))}`);
    }
  };

  app.post('/v1/oauth/token', limits, async (request, reply) => {
    const { answer, begun } = await redeem(formOf(request), visitorOf(request, 'cli'));
    if (begun !== undefined) {
      reply.raw.setHeader(sessionHeaders.user, encodeURIComponent(begun.user));
      reply.raw.setHeader(sessionHeaders.token, begun.id);
      const { user, provider, id: session } = begun;
      tellAudit(request, { action: 'sign-in', provider, account: user, object: `sessions/${session}` });
      logger.info({ user, provider, session, source: visitorOf(request, 'cli').source }, 'signed in');
    }
    return reply.header('cache-control', 'no-store').send({ ...answer, token_type: 'Bearer' });
  });

  app.post('/v1/oauth/device_authorization', limitedBy(60), async (request, reply) => {
    if (formOf(request).get('client_id') !== cliClient) {
      throw oauthError('invalid_client', `the client must be ${cliClient}`);
    }
    const offer = await grants.beginDevice(visitorOf(request, 'cli'));
    return reply.header('cache-control', 'no-store').send({
      device_code: offer.deviceCode,
      user_code: offer.userCode,
      verification_uri: `${hub.url}/device`,
      verification_uri_complete: `${hub.url}/device?user_code=${offer.userCode}`,
      expires_in: offer.expiresInSeconds,
      interval: offer.pollSeconds,
    });
  });
}

const formOf = (request: FastifyRequest): URLSearchParams =>
  request.body instanceof URLSearchParams ? request.body : new URLSearchParams();

/** The cluster that a credential shall be good for alone, by its address (RFC 8707); undefined: it is good for all. */
function clusterOf(resource: string | null): string | undefined {
  if (resource === null) return undefined;
  const name = URL.canParse(resource)
    ? /^\/k8s\/clusters\/([^/]+)\/?$/.exec(new URL(resource).pathname)?.[1]
    : undefined;
  if (name !== undefined && isLabel(name)) return name;
  throw oauthError('invalid_target', 'the resource must be the address of a cluster, https://HUB/k8s/clusters/NAME');
}

function required(form: URLSearchParams, field: string): string {
  const value = form.get(field);
  if (value !== null && value !== '') return value;
  throw oauthError('invalid_request', `${field} is missing`);
}
