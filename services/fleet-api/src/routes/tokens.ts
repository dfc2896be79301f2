import type { FastifyInstance } from 'fastify';
import { admitTokenOf } from '../access/admit-token.ts';
import { tokens } from '../resources/index.ts';
import { nameSchema, type RouteParts, requireAll, requireCaller, ttlSchema } from './context.ts';

interface NewToken {
  user?: string;
  description?: string;
  ttlSeconds?: number;
  clusters?: string[];
}

const body = {
  type: ['object', 'null'],
  properties: {
    user: nameSchema,
    description: { type: 'string', maxLength: 253 },
    ttlSeconds: ttlSchema,
    clusters: { type: 'array', minItems: 1, maxItems: 1000, items: nameSchema },
  },
} as const;

/** `POST /v1/tokens`: a token for oneself, or for another by who manages tokens and holds what the other holds. */
export function tokenRoutes(app: FastifyInstance, parts: RouteParts): void {
  app.post<{ Body: NewToken | null | undefined }>('/v1/tokens', { schema: { body } }, async (request, reply) => {
    const caller = await requireCaller(parts, request);
    const { user = caller.user, ...wish } = request.body ?? {};
    if (user !== caller.user) requireAll(parts, caller, { verb: 'create', type: tokens });
    admitTokenOf(parts, caller, user);
    const issued = await parts.accounts.issue(user, wish);
    parts.logger.info({ user, by: caller.user, tokenId: issued.name }, 'token made');
    return reply.code(201).send(issued);
  });
}
