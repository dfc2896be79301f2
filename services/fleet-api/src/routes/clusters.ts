import { DroverError } from '@drover/errors';
import type { FastifyInstance } from 'fastify';
import { clusters } from '../resources/index.ts';
import { limitedByAddress } from './address-limits.ts';
import { namedSchema, type RouteParts, requireAll, requireCaller, ttlSchema } from './context.ts';

const joinBody = { type: ['object', 'null'], properties: { ttlSeconds: ttlSchema } } as const;

/** How clusters and their agents join. */
export function clusterRoutes(app: FastifyInstance, parts: RouteParts): void {
  app.post<{ Params: { name: string }; Body: { ttlSeconds?: number } | null | undefined }>(
    '/v1/clusters/:name/join',
    { schema: { params: namedSchema, body: joinBody } },
    async (request, reply) => {
      const caller = await requireCaller(parts, request);
      const { name } = request.params;
      // A join token makes whoever holds it the cluster: for one that is there already, that is a change of it.
      const verb = parts.registry.find(clusters, name) === undefined ? 'create' : 'update';
      requireAll(parts, caller, { verb, type: clusters, ...(verb === 'update' ? { name } : {}) });
      const offer = await parts.joining.offer(name, caller, request.body?.ttlSeconds);
      parts.logger.info({ cluster: name, by: caller.user, expiresAt: offer.join.expiresAt }, 'join token made');
      return reply.code(201).send(offer);
    },
  );

  app.post<{ Params: { name: string } }>(
    '/v1/clusters/:name/approve-agent',
    { schema: { params: namedSchema } },
    async request => {
      const caller = await requireCaller(parts, request);
      requireAll(parts, caller, { verb: 'update', type: clusters, name: request.params.name });
      const cluster = await parts.enrolment.approve(request.params.name);
      parts.logger.info({ cluster: request.params.name, by: caller.user }, 'agents approved');
      return cluster;
    },
  );

  // The join token is the credential, so that one `kubectl apply` on a machine that knows nothing of the hub is enough.
  app.get<{ Params: { file: string } }>('/v1/import/:file', limitedByAddress, async (request, reply) => {
    const { file } = request.params;
    if (!file.endsWith('.yaml')) throw new DroverError('not-found');
    const manifest = parts.joining.manifestFor(file.slice(0, -'.yaml'.length));
    return reply.type('application/yaml').header('cache-control', 'no-store').send(manifest);
  });
}
