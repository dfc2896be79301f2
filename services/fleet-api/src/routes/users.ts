import { DroverError } from '@drover/errors';
import type { FastifyInstance } from 'fastify';
import { groupsOf } from '../access/admit-token.ts';
import { users } from '../resources/index.ts';
import { tellAudit } from './audit-notes.ts';
import {
  mayAll,
  namedSchema,
  nameSchema,
  type RouteParts,
  requireAll,
  requireCaller,
  sourceAddress,
} from './context.ts';

interface NewUser {
  username: string;
  password: string;
  groups?: string[];
  mustChange?: boolean;
}

interface NewPassword {
  password: string;
  currentPassword?: string;
  mustChange?: boolean;
}

const password = { type: 'string', maxLength: 4096 } as const;
const newUser = {
  type: 'object',
  required: ['username', 'password'],
  properties: {
    username: nameSchema,
    password,
    groups: { type: 'array', items: { type: 'string' }, maxItems: 512 },
    mustChange: { type: 'boolean' },
  },
} as const;
const newPassword = {
  type: 'object',
  required: ['password'],
  properties: { password, currentPassword: password, mustChange: { type: 'boolean' } },
} as const;

/** Local users and their passwords; the User object alone is kubectl's. */
export function userRoutes(app: FastifyInstance, parts: RouteParts): void {
  app.post<{ Body: NewUser }>('/v1/users', { schema: { body: newUser } }, async (request, reply) => {
    const caller = await requireCaller(parts, request);
    requireAll(parts, caller, { verb: 'create', type: users });
    const { username, password: chosen, groups, mustChange = false } = request.body;
    const other = { user: username, groups: groups ?? [] };
    parts.escalation.requireRightsOf(caller, { type: users, name: username }, other);
    const user = await parts.accounts.createUser(username, chosen, groups, { mustChange });
    parts.logger.info({ user: username, by: caller.user }, 'user made');
    tellAudit(request, { action: 'user-made', object: `users/${username}` });
    return reply.code(201).send(user);
  });

  app.put<{ Params: { name: string }; Body: NewPassword }>(
    '/v1/users/:name/password',
    { schema: { params: namedSchema, body: newPassword } },
    async (request, reply) => {
      const caller = await requireCaller(parts, request);
      const { name } = request.params;
      const { password: chosen, currentPassword } = request.body;
      let { mustChange = false } = request.body;
      // Who does not manage users changes his own, and shows that he knows it: a stolen token must not become a password.
      if (mayAll(parts, caller, { verb: 'update', type: users, name })) {
        // Whoever sets a password can be that user.
        parts.escalation.requireRightsOf(caller, { type: users, name }, { user: name, groups: groupsOf(parts, name) });
      } else {
        const known =
          name === caller.user &&
          currentPassword !== undefined &&
          (await parts.accounts.knowsPassword(name, currentPassword, sourceAddress(request)));
        mustChange = false; // his own choice
        if (!known)
          throw new DroverError('forbidden', 'only who manages users, or knows the current password, may change it');
      }
      await parts.accounts.setPassword(name, chosen, { mustChange });
      parts.logger.info({ user: name, by: caller.user }, 'password changed');
      tellAudit(request, { action: 'password-changed', account: name });
      return reply.code(204).send();
    },
  );
}
