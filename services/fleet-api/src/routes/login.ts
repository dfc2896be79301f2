import { sessionHeaders } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { FastifyInstance } from 'fastify';
import { limitedByAddress } from './address-limits.ts';
import { type RouteParts, sourceAddress, ttlSchema } from './context.ts';

interface Login {
  username: string;
  password: string;
  ttlSeconds?: number;
}

const body = {
  type: 'object',
  required: ['username', 'password'],
  properties: {
    username: { type: 'string', minLength: 1, maxLength: 253 },
    password: { type: 'string', maxLength: 4096 },
    ttlSeconds: ttlSchema,
  },
} as const;

/** `POST /v1/login`: a password for a token. */
export function loginRoutes(app: FastifyInstance, { accounts, logger }: RouteParts): void {
  app.post<{ Body: Login }>('/v1/login', { schema: { body }, ...limitedByAddress }, async (request, reply) => {
    const { username, password, ttlSeconds } = request.body;
    const source = sourceAddress(request);
    try {
      if (!(await accounts.isPassword(username, password)))
        throw new DroverError('unauthenticated', 'the user or the password is wrong');
      const issued = await accounts.issue(username, { description: 'login', ttlSeconds: ttlSeconds ?? 12 * 3600 });
      logger.info({ user: username, source, tokenId: issued.name }, 'login');
      reply.raw.setHeader(sessionHeaders.user, encodeURIComponent(username));
      reply.raw.setHeader(sessionHeaders.token, issued.name);
      return reply.code(201).send(issued);
    } catch (error) {
      logger.info({ user: username, source }, 'login refused');
      throw error;
    }
  });
}
