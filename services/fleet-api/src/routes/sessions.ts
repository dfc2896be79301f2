import { sessionExtra } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { LoginSession } from '@drover/sessions';
import type { FastifyInstance } from 'fastify';
import { timestamp } from '../domain/timestamp.ts';
import { tokens, users } from '../resources/index.ts';
import { limitedBy } from './address-limits.ts';
import { tellAudit } from './audit-notes.ts';
import { mayAll, namedSchema, nameSchema, type RouteParts, requireAll, requireCaller } from './context.ts';

const query = { type: 'object', properties: { user: nameSchema } } as const;
const idParams = { type: 'object', properties: { id: nameSchema }, required: ['id'] } as const;

/** Login sessions, and by what people sign in. Who manages users manages their sessions. */
export function sessionRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { registry, sessions, providers, clock, logger } = parts;

  app.get('/v1/providers', async () => ({
    providers: providers.list().map(({ object: { metadata, spec }, signIn }) => ({
      name: metadata.name,
      type: spec.type,
      displayName: spec.displayName ?? metadata.name,
      kind: signIn.kind,
    })),
  }));

  app.get<{ Querystring: { user?: string } }>(
    '/v1/sessions',
    { schema: { querystring: query } },
    async (request, reply) => {
      const caller = await requireCaller(parts, request);
      const { user = caller.user } = request.query;
      if (user !== caller.user) requireAll(parts, caller, { verb: 'update', type: users, name: user });
      const found = await sessions.ofUser(user);
      const [own] = caller.extra?.[sessionExtra] ?? [];
      return reply.send({ sessions: found.map(session => shownSession(session, own)) });
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/v1/sessions/:id',
    { schema: { params: idParams } },
    async (request, reply) => {
      const caller = await requireCaller(parts, request);
      const { id } = request.params;
      const [own] = caller.impersonatedBy === undefined ? (caller.extra?.[sessionExtra] ?? []) : [];
      // One's own ends also while the store is away: its credential says all that is needed.
      const found = await sessions.find(id).catch(error => {
        if (id !== own) throw error;
        return undefined;
      });
      const maySee =
        found !== undefined &&
        (found.user === caller.user || mayAll(parts, caller, { verb: 'update', type: users, name: found.user }));
      const account = found === undefined || !maySee ? caller.user : found.user;
      if (found !== undefined && maySee) await sessions.end(found);
      else if (id === own) await sessions.end({ id, user: caller.user, endsAtMs: sessions.latestEnd(clock.now()) });
      else throw new DroverError('not-found', `there is no session ${JSON.stringify(id)}`);
      tellAudit(request, { action: 'session-ended', account, object: `sessions/${id}` });
      return reply.code(204).send();
    },
  );

  app.post<{ Params: { name: string } }>(
    '/v1/users/:name/revoke',
    { schema: { params: namedSchema } },
    async (request, reply) => {
      const caller = await requireCaller(parts, request);
      const { name } = request.params;
      if (name !== caller.user) requireAll(parts, caller, { verb: 'update', type: users, name });
      // The next second: what was made within this one is refused too.
      const credentialsNotBefore = timestamp(Math.floor(clock.now() / 1000) * 1000 + 1000);
      await registry.update(users, name, user => ({ ...user, spec: { ...user.spec, credentialsNotBefore } }));
      const owned = registry.list(tokens).filter(({ spec }) => spec.user === name);
      for (const { metadata } of owned) {
        await registry.delete(tokens, metadata.name).catch(error => {
          if (DroverError.from(error).code !== 'not-found') throw error;
        });
      }
      const ended = await sessions.forgetUser(name);
      tellAudit(request, { action: 'credentials-revoked', account: name });
      logger.info({ user: name, by: caller.user, tokens: owned.length, sessions: ended }, 'all credentials revoked');
      return reply.send({ user: name, credentialsNotBefore, tokens: owned.length, sessions: ended });
    },
  );

  // One's own groups too: who was just added to a group does not want to sign in again.
  app.post<{ Params: { name: string } }>(
    '/v1/users/:name/refresh',
    { schema: { params: namedSchema }, ...limitedBy(60) },
    async (request, reply) => {
      const caller = await requireCaller(parts, request);
      const { name } = request.params;
      if (name !== caller.user) requireAll(parts, caller, { verb: 'update', type: users, name });
      await parts.refresh.refreshUser(name);
      return reply.code(204).send();
    },
  );
}

const shownSession = (session: LoginSession, own: string | undefined): object => ({
  id: session.id,
  user: session.user,
  provider: session.provider,
  client: session.client,
  userAgent: session.userAgent,
  source: session.source,
  startedAt: timestamp(session.startedAtMs),
  lastSeen: timestamp(session.seenAtMs),
  expiresAt: timestamp(session.endsAtMs),
  current: session.id === own,
});
