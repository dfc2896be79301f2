import { version } from '@drover/contracts';
import type { FastifyInstance } from 'fastify';
import type { RouteParts } from './context.ts';

/** What anybody may know of the hub. */
export function hubRoutes(app: FastifyInstance, { hub }: RouteParts): void {
  app.get('/v1/hub', async () => ({
    id: hub.id,
    url: hub.url,
    version,
    ca: hub.ca,
    durability: hub.durability,
  }));
}
