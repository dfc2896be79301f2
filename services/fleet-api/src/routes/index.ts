import type { IncomingMessage, ServerResponse } from 'node:http';
import { DroverError, statusOf } from '@drover/errors';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { isFrontPage, isPage, pageRoutes } from '../pages/index.ts';
import { maxAddresses } from './address-limits.ts';
import { allowAuditNotes } from './audit-notes.ts';
import { clusterRoutes } from './clusters.ts';
import type { RouteParts } from './context.ts';
import { failureOf, maxBodyBytes } from './failure.ts';
import { hubRoutes } from './hub.ts';
import { loginRoutes } from './login.ts';
import { oauthRoutes } from './oauth.ts';
import { sessionRoutes } from './sessions.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

/** `drj_…` with its ending. */
const maxParameterLength = 253;

/** The hub's own HTTP API beside the Kubernetes one, as a function of request and response. */
export interface HubRoutes {
  serve(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Whether {@link HubRoutes} serve this request. */
export const isHubRoute = ({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): boolean =>
  url.startsWith('/v1/') || isPage(url) || isFrontPage(url, headers.accept);

/** Makes the routes of `/v1`, and the pages. */
export async function hubRoutesOf(parts: RouteParts): Promise<HubRoutes> {
  const app = fastify({
    // fastify would log whole URLs, and the path of an import is a credential (T19): what is worth a line, routes log.
    logger: false,
    bodyLimit: maxBodyBytes,
    routerOptions: { maxParamLength: maxParameterLength },
    exposeHeadRoutes: false,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    // A URL that cannot be decoded has no route to answer it.
    frameworkErrors: (error, _request, reply) => void sendFailure(error, reply),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(String(text)));
    } catch {
      done(new DroverError('bad-request', 'the body is not JSON'));
    }
  });
  allowAuditNotes(app);
  await app.register(rateLimit, { global: false, cache: maxAddresses });
  app.setNotFoundHandler((_request: FastifyRequest, reply: FastifyReply) =>
    sendFailure(new DroverError('not-found', 'the server could not find the requested resource'), reply),
  );
  app.setErrorHandler((error: FastifyError | DroverError, request, reply) => {
    const failure = sendFailure(error, reply);
    if (failure.entry.httpStatus >= 500)
      parts.logger.error({ err: error, route: request.routeOptions.url, method: request.method }, 'a request failed');
  });
  hubRoutes(app, parts);
  loginRoutes(app, parts);
  userRoutes(app, parts);
  tokenRoutes(app, parts);
  clusterRoutes(app, parts);
  sessionRoutes(app, parts);
  await app.register(async scope => oauthRoutes(scope, parts));
  await app.register(async scope => pageRoutes(scope, parts));
  await app.ready();
  return {
    serve: (request, response) => app.routing(request, response),
    close: () => app.close(),
  };
}

function sendFailure(error: FastifyError | DroverError | Error, reply: FastifyReply): DroverError {
  const failure = failureOf(error);
  void reply.code(failure.entry.httpStatus).type('application/json').send(statusOf(failure));
  return failure;
}
