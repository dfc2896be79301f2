import { notFound } from '@drover/apiserver';
import type { FastifyInstance } from 'fastify';
import { admitTokenOf, providerOf } from '../access/admit-token.ts';
import { accountLimits, type RotationWish } from '../operations/accounts.ts';
import { tokens } from '../resources/index.ts';
import { tellAudit } from './audit-notes.ts';
import { namedSchema, nameSchema, type RouteParts, requireAll, requireCaller, ttlSchema } from './context.ts';

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

const rotation = {
  type: ['object', 'null'],
  properties: {
    graceSeconds: { type: 'integer', minimum: 0, maximum: accountLimits.maxGraceSeconds },
    ttlSeconds: ttlSchema,
  },
} as const;

/**
 * `POST /v1/tokens`: a token for oneself, or for another by who manages tokens and holds what the other holds; and
 * `POST /v1/tokens/:name/rotate`: another secret for one, by the same people.
 */
export function tokenRoutes(app: FastifyInstance, parts: RouteParts): void {
  app.post<{ Body: NewToken | null | undefined }>('/v1/tokens', { schema: { body } }, async (request, reply) => {
    const caller = await requireCaller(parts, request);
    const { user = caller.user, ...wish } = request.body ?? {};
    if (user !== caller.user) requireAll(parts, caller, { verb: 'create', type: tokens });
    admitTokenOf(parts, caller, user);
    const issued = await parts.accounts.issue(user, { ...wish, ...providerOf(caller) });
    parts.logger.info({ user, by: caller.user, tokenId: issued.name }, 'token made');
    tellAudit(request, { action: 'token-made', account: user, object: `tokens/${issued.name}` });
    return reply.code(201).send(issued);
  });

  app.post<{ Params: { name: string }; Body: RotationWish | null | undefined }>(
    '/v1/tokens/:name/rotate',
    { schema: { params: namedSchema, body: rotation } },
    async (request, reply) => {
      const caller = await requireCaller(parts, request);
      const { name } = request.params;
      const user = parts.registry.find(tokens, name)?.spec.user;
      // Who may not see the token is told no more than that of one that is not there.
      if (user !== caller.user) requireAll(parts, caller, { verb: 'update', type: tokens, name });
      if (user === undefined) throw notFound(tokens, name);
      admitTokenOf(parts, caller, user);
      const rotated = await parts.accounts.rotate(name, request.body ?? {});
      parts.logger.info({ user, by: caller.user, tokenId: name }, 'token rotated');
      tellAudit(request, { action: 'token-rotated', account: user, object: `tokens/${name}` });
      return reply.code(201).send(rotated);
    },
  );
}
