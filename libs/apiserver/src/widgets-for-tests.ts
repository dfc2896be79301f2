import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@drover/async';
import {
  type ApiObject,
  ApiServer,
  type ApiServerOptions,
  allVerbs,
  type Decision,
  MemoryStore,
  type ResourceAttributes,
  type ResourceType,
  type Store,
} from './index.ts';

export interface Widget extends ApiObject {
  spec: { size?: number; colour?: string; tags?: string[] };
  status?: { ready?: boolean };
  secret?: string;
}

/** Refused by the widgets' own check, not by their schema. */
export const unluckySize = 1_313_131;

export const widgets: ResourceType<Widget> = {
  group: 'example.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  shortNames: ['wi'],
  namespaced: false,
  verbs: allVerbs,
  status: true,
  hidden: ['secret'],
  fields: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', minimum: 0 },
        colour: { type: 'string', enum: ['red', 'blue'] },
        tags: { type: 'array', items: { type: 'string' } },
      },
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
  columns: [
    { name: 'Size', type: 'string', description: 'How large.', cell: widget => String(widget.spec?.size ?? '') },
  ],
  validate: widget =>
    widget.spec?.size === unluckySize
      ? [{ field: 'spec.size', reason: 'FieldValueForbidden', message: 'Forbidden: bad luck' }]
      : [],
};

export const gadgets: ResourceType = {
  group: 'example.dev',
  version: 'v1',
  kind: 'Gadget',
  plural: 'gadgets',
  singular: 'gadget',
  shortNames: [],
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'create', 'delete'],
  status: false,
  fields: { data: { type: 'object', additionalProperties: { type: 'string' } } },
  columns: [],
};

/** `guest` may look only, `patcher` patch only, and red widgets are all that exists for `reds`. */
function authorize(user: string, { verb }: ResourceAttributes): Decision {
  if (user === 'guest') return { allowed: ['get', 'list', 'watch'].includes(verb) };
  if (user === 'patcher') return { allowed: verb === 'patch' };
  return user === 'reds'
    ? { allowed: true, only: object => object.metadata.labels?.['colour'] === 'red' }
    : { allowed: true };
}

/** An API of widgets on a real server at a free port; the caller is the user of `Authorization: Bearer <user>`. */
export async function serveWidgets(
  options: {
    clock?: Clock;
    store?: Store;
    http2?: boolean;
    everybodyIs?: string;
    extra?: Partial<ApiServerOptions<string>>;
  } = {},
) {
  const api = new ApiServer<string>({
    types: [widgets, gadgets],
    store: options.store ?? new MemoryStore(),
    authorize,
    nameOf: user => user,
    version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
    ...(options.clock ? { clock: options.clock } : {}),
    ...options.extra,
  });
  await api.start();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const [, user] = (request.headers.authorization ?? '').split(' ');
    void api.handle(request, response, user ?? options.everybodyIs);
  };
  const server = options.http2
    ? createHttp2Server((request, response) => handle(request as never, response as never))
    : createServer(handle);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    api,
    url,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await api.close();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}

/** A widget as a client sends it. */
export const widget = (name: string, spec: Widget['spec'] = {}, labels?: Record<string, string>): object => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name, ...(labels ? { labels } : {}) },
  spec,
});
