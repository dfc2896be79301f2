import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { type Discovery, discoveryOf } from './discovery.ts';
import { forbidden, methodNotAllowed, noSuchPath } from './failures.ts';
import { openApiOf } from './open-api.ts';
import { Registry } from './registry.ts';
import { readRequest, splitTarget } from './request.ts';
import type { ResourceType, Verb } from './resource-type.ts';
import { ResourceVerbs } from './resource-verbs.ts';
import { sendError, sendJson } from './responses.ts';
import type { Selector } from './selectors.ts';
import type { Store } from './store.ts';
import { WatchCache } from './watch-cache.ts';

/** Whether a caller may do what it asks for. */
export type Decision =
  /** `only`: which objects exist for this caller; of the others it learns nothing. */
  { readonly allowed: true; readonly only?: Selector } | { readonly allowed: false; readonly reason?: string };

/** What an {@link ApiServer} is made of. */
export interface ApiServerOptions<Identity> {
  readonly types: readonly ResourceType[];
  readonly store: Store;
  /** Asked before anything else about every request on objects; `resource` may be `widgets/status`. */
  readonly authorize: (identity: Identity, verb: Verb, resource: string, name: string | undefined) => Decision;
  /** The caller's name, for messages. */
  readonly nameOf: (identity: Identity) => string;
  /** What `/version` answers: Kubernetes' `version.Info`. */
  readonly version: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Told of defects and of a store that fails; never of a caller's mistakes. */
  readonly onProblem?: (error: unknown) => void;
}

/**
 * A Kubernetes-style REST API over a {@link Store}. It knows resources by their declaration, callers by what is handed
 * in with each request, and HTTP as node's request and response (HTTP/1.1 or the compatible HTTP/2 classes).
 *
 * @example
 * const api = new ApiServer({ types: [widgets], store: new MemoryStore(), authorize, nameOf, version });
 * await api.start();
 * createServer((request, response) => void api.handle(request, response, identityOf(request)));
 */
export class ApiServer<Identity> {
  /** The same objects for the program itself: no permission is asked. */
  readonly registry: Registry;
  readonly cache: WatchCache;
  readonly #options: ApiServerOptions<Identity>;
  readonly #discovery: Discovery;
  readonly #openApi: Map<string, unknown>;
  readonly #verbs: ResourceVerbs;

  constructor(options: ApiServerOptions<Identity>) {
    const { store, types, clock = systemClock, random = Math.random, onProblem = () => {} } = options;
    this.#options = options;
    this.cache = new WatchCache({ store, clock, onProblem });
    this.registry = new Registry({ store, cache: this.cache, clock, random });
    this.#discovery = discoveryOf(types);
    this.#openApi = openApiOf(types);
    this.#verbs = new ResourceVerbs({ registry: this.registry, cache: this.cache, clock, random });
  }

  /** Resolves when reads can be served. Throws `store-unavailable`. */
  start(): Promise<void> {
    return this.cache.start();
  }

  /** Ends every watch (cleanly, so that clients resume elsewhere) and lets go of the store. */
  close(): Promise<void> {
    return this.cache.close();
  }

  /** Answers one request; never throws. `identity`: who is calling, undefined: nobody known. */
  async handle(request: IncomingMessage, response: ServerResponse, identity: Identity | undefined): Promise<void> {
    try {
      await this.#serve(request, response, identity);
    } catch (error) {
      const failure = DroverError.from(error);
      if (failure.entry.httpStatus >= 500) this.#options.onProblem?.(error);
      sendError(response, failure);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse, identity: Identity | undefined): Promise<void> {
    const [path] = splitTarget(request.url ?? '/');
    // As with kube-apiserver, the version is no secret: health checks and load balancers ask for it.
    if (path === '/version') return this.#document(request, response, this.#options.version);
    if (identity === undefined) throw new DroverError('unauthenticated', 'Unauthorized');
    const document = this.#discovery.find(path) ?? this.#openApi.get(path);
    if (document !== undefined) return this.#document(request, response, document);
    if (!path.startsWith('/apis/')) throw noSuchPath();
    const asked = readRequest(request, this.#options.types);
    const { type, name, subresource, verb } = asked;
    const resource = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
    const decision = this.#options.authorize(identity, verb, resource, name);
    if (!decision.allowed)
      throw forbidden(type, verb, resource, name ?? '', this.#options.nameOf(identity), decision.reason);
    await this.#verbs.serve(request, response, asked, decision.only ?? (() => true));
  }

  #document(request: IncomingMessage, response: ServerResponse, document: unknown): void {
    if (request.method !== 'GET') throw methodNotAllowed();
    sendJson(response, 200, document);
  }
}
