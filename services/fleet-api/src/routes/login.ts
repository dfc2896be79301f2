import { sessionHeaders } from '@drover/contracts';
import type { FastifyInstance } from 'fastify';
import { timestamp } from '../domain/timestamp.ts';
import { visitorOf } from '../pages/browser.ts';
import { limitedByAddress } from './address-limits.ts';
import { nameSchema, type RouteParts, ttlSchema } from './context.ts';

interface Login {
  username: string;
  password: string;
  provider?: string;
  newPassword?: string;
  ttlSeconds?: number;
}

const body = {
  type: 'object',
  required: ['username', 'password'],
  properties: {
    username: { type: 'string', minLength: 1, maxLength: 253 },
    password: { type: 'string', maxLength: 4096 },
    newPassword: { type: 'string', maxLength: 4096 },
    provider: nameSchema,
    ttlSeconds: ttlSchema,
  },
} as const;

/** `POST /v1/login`: a password for a session. `ttlSeconds`: how long it lasts, where that is less than the hub's limit. */
export function loginRoutes(app: FastifyInstance, { signIn, logger }: RouteParts): void {
  app.post<{ Body: Login }>('/v1/login', { schema: { body }, ...limitedByAddress }, async (request, reply) => {
    const { username, password, newPassword, provider, ttlSeconds } = request.body;
    const visitor = visitorOf(request, 'cli');
    const lifetimeMs = ttlSeconds === undefined ? undefined : ttlSeconds * 1000;
    try {
      const issued = await signIn.byPassword({ provider, username, password, newPassword, lifetimeMs }, visitor);
      reply.raw.setHeader(sessionHeaders.user, encodeURIComponent(issued.user));
      reply.raw.setHeader(sessionHeaders.token, issued.id);
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({
          token: issued.access,
          name: issued.id,
          user: issued.user,
          expiresAt: timestamp(issued.accessExpiresAtMs),
          session: issued.session,
          sessionExpiresAt: timestamp(issued.endsAtMs),
        });
    } catch (error) {
      logger.info({ user: username, provider, source: visitor.source }, 'login refused');
      throw error;
    }
  });
}
