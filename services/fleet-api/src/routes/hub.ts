import { version } from '@drover/contracts';
import type { FastifyInstance } from 'fastify';
import type { RouteParts } from './context.ts';

/** What anybody may know of the hub, and how it is. */
export function hubRoutes(app: FastifyInstance, { hub, unready }: RouteParts): void {
  app.get('/v1/hub', async () => ({
    id: hub.id,
    url: hub.url,
    version,
    ca: hub.ca,
    durability: hub.durability,
  }));
  app.get('/livez', async (_request, reply) => reply.type('text/plain').send('ok'));
  for (const path of ['/healthz', '/readyz']) {
    app.get(path, async (_request, reply) => {
      const why = unready();
      return reply
        .code(why === undefined ? 200 : 503)
        .type('text/plain')
        .send(why ?? 'ok');
    });
  }
}
