import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '@drover/async';
import { DroverError } from '@drover/errors';
import {
  type Admitted,
  type ClientRules,
  type ClientWrite,
  type Decision,
  type ResourceAttributes,
  refusal,
} from './access.ts';
import type { ApiRequest, ApiResponse } from './api-exchange.ts';
import { managedFieldsStep } from './apply/managed-fields-step.ts';
import { discoveryOf } from './discovery.ts';
import { type Documents, documentOf, sendDocument, sendHashed } from './documents.ts';
import { forbiddenPath, noSuchPath } from './failures.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { type HealthCheck, healthAnswer } from './health.ts';
import { isNamespaces } from './namespaces.ts';
import { NodeResponse, nodeRequest } from './node-exchange.ts';
import { openApiOf } from './open-api/open-api.ts';
import { Registry } from './registry.ts';
import { type ResourceRequest, readRequest, splitTarget } from './request.ts';
import type { ResourceType, Verb } from './resource-type.ts';
import { ResourceVerbs } from './resource-verbs.ts';
import { sendError, sendText } from './responses.ts';
import { everything } from './selectors.ts';
import type { Store } from './store.ts';
import { answerVirtual, type VirtualResource } from './virtual-resource.ts';
import { WatchCache } from './watch-cache.ts';

/** What an {@link ApiServer} is made of. */
export interface ApiServerOptions<Identity> {
  readonly types: readonly ResourceType[];
  readonly store: Store;
  /** Resources that are answered and never kept, as SelfSubjectReview is. */
  readonly virtual?: readonly VirtualResource<Identity>[];
  /** Asked before anything else about every request on objects. */
  readonly authorize: (identity: Identity, asked: ResourceAttributes) => Decision;
  /** Asked about every other path, `verb` being the method in lower case; absent: all who are known may read all. */
  readonly authorizePath?: (identity: Identity, verb: string, path: string) => boolean;
  /** Asked about every write of a client that is allowed and well-formed; may change it, and throws what refuses it. */
  readonly admit?: (identity: Identity, write: ClientWrite) => Admitted;
  /** The caller's name, for messages. */
  readonly nameOf: (identity: Identity) => string;
  /** What `/version` answers: Kubernetes' `version.Info`. */
  readonly version: Readonly<Record<string, string>>;
  /** What the server's health stands on besides itself. */
  readonly healthChecks?: readonly HealthCheck[];
  /** Who the program's own writes count for in `managedFields`. */
  readonly program?: string;
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
  /** Discovery, OpenAPI and the version, by their paths. */
  readonly #documents: ReadonlyMap<string, Documents>;
  readonly #healthChecks: readonly HealthCheck[];
  #state: 'starting' | 'serving' | 'closing' = 'starting';
  readonly #verbs: ResourceVerbs;
  readonly #types: readonly ResourceType[];
  readonly #virtual: ReadonlyMap<ResourceType, VirtualResource<Identity>>;
  readonly #collector: GarbageCollector;

  constructor(options: ApiServerOptions<Identity>) {
    const { store, virtual = [], program = 'apiserver', clock = systemClock, random = Math.random } = options;
    const { onProblem = () => {} } = options;
    const types = [...options.types, ...virtual.map(({ type }) => type)];
    this.#options = options;
    this.#types = types;
    this.#virtual = new Map(virtual.map(one => [one.type, one]));
    this.cache = new WatchCache({ store, types, clock, onProblem });
    this.registry = new Registry({
      store,
      cache: this.cache,
      clock,
      random,
      steps: [managedFieldsStep(program)],
      namespaces: types.find(isNamespaces),
    });
    this.#documents = new Map<string, Documents>([
      ...discoveryOf(types),
      ...openApiOf(types, options.version['gitVersion']),
      ['/version', [documentOf(options.version)]],
    ]);
    this.#healthChecks = [
      { name: 'ping', of: ['healthz', 'livez', 'readyz'], why: () => undefined },
      ...(options.healthChecks ?? []),
      {
        name: 'watch-cache',
        of: ['healthz', 'readyz'],
        why: () => (this.#state === 'starting' ? 'the objects are still being read' : undefined),
      },
      { name: 'shutdown', of: ['readyz'], why: () => (this.#state === 'closing' ? 'the server is ending' : undefined) },
    ];
    const parts = { registry: this.registry, cache: this.cache, clock };
    this.#collector = new GarbageCollector({ ...parts, types: options.types, onProblem });
    this.#verbs = new ResourceVerbs({ ...parts, random });
  }

  /** Resolves when reads can be served. Throws `store-unavailable`. */
  async start(): Promise<void> {
    await this.cache.start();
    this.#state = 'serving';
    this.#collector.start();
  }

  /** Ends every watch (cleanly, so that clients resume elsewhere) and lets go of the store. */
  async close(): Promise<void> {
    this.#state = 'closing';
    const collected = this.#collector.close();
    await this.cache.close();
    await collected;
  }

  /** Answers one request; never throws. `identity`: who is calling, undefined: nobody known. */
  handle(request: IncomingMessage, response: ServerResponse, identity: Identity | undefined): Promise<void> {
    return this.answer(nodeRequest(request), new NodeResponse(response), identity);
  }

  /** As {@link handle}, of a request that came by another way than node:http. */
  async answer(request: ApiRequest, response: ApiResponse, identity: Identity | undefined): Promise<void> {
    try {
      await this.#serve(request, response, identity);
    } catch (error) {
      const failure = DroverError.from(error);
      if (failure.entry.httpStatus >= 500) this.#options.onProblem?.(error);
      sendError(response, failure);
    }
  }

  async #serve(request: ApiRequest, response: ApiResponse, identity: Identity | undefined): Promise<void> {
    const [path, query] = splitTarget(request.target);
    const document = this.#documents.get(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
    // As with kube-apiserver, version and health are no secret: health checks and load balancers ask for them.
    if (document !== undefined && path === '/version') return sendDocument(request, response, document);
    if (healthPaths.has(path)) return this.#health(response, path, query);
    if (identity === undefined) throw new DroverError('unauthenticated', 'Unauthorized');
    if (document === undefined && /^\/apis?\//.test(path)) {
      return this.#objects(request, response, readRequest(request, this.#types), identity);
    }
    this.#requirePath(request, path, identity);
    if (document === undefined) return this.#health(response, path, query);
    if (path.startsWith('/openapi/v3/')) return sendHashed(request, response, path, query, document);
    sendDocument(request, response, document);
  }

  async #objects(
    request: ApiRequest,
    response: ApiResponse,
    asked: ResourceRequest,
    identity: Identity,
  ): Promise<void> {
    const rules = this.#rules(asked, identity, asked.verb);
    const virtual = this.#virtual.get(asked.type);
    if (virtual !== undefined) return answerVirtual(request, response, virtual, asked, identity);
    await this.#verbs.serve(request, response, asked, rules);
  }

  /** What counts for a request of this caller with this verb. Throws `forbidden`. */
  #rules(asked: ResourceRequest, identity: Identity, verb: Verb): ClientRules {
    const { authorize, admit, nameOf } = this.#options;
    const { type, name, namespace, subresource } = asked;
    const attributes = { verb, group: type.group, resource: type.plural, subresource, namespace, name };
    const decision = authorize(identity, attributes);
    if (!decision.allowed) throw refusal(type, attributes, nameOf(identity), decision.reason);
    const exists = decision.only ?? everything;
    return {
      exists,
      admit: (object, old) => {
        // A PATCH or PUT that makes an object is a creation as well.
        if (old === undefined && verb !== 'create') this.#requireCreation(identity, type, attributes);
        const write = { asked: attributes, type, object, old, dryRun: asked.dryRun };
        const admitted = admit?.(identity, write) ?? { object };
        if (!exists(admitted.object)) throw refusal(type, attributes, nameOf(identity));
        return admitted;
      },
      creating: () => this.#rules(asked, identity, 'create'),
    };
  }

  #requireCreation(identity: Identity, type: ResourceType, asked: ResourceAttributes): void {
    const creation: ResourceAttributes = { ...asked, verb: 'create' };
    const decision = this.#options.authorize(identity, creation);
    if (!decision.allowed) throw refusal(type, creation, this.#options.nameOf(identity), decision.reason);
  }

  /** Whether the caller may know of a path that is no object's. */
  #requirePath(request: ApiRequest, path: string, identity: Identity): void {
    const { authorizePath, nameOf } = this.#options;
    const verb = request.method.toLowerCase();
    if (authorizePath?.(identity, verb, path) === false) throw forbiddenPath(verb, path, nameOf(identity));
  }

  /** Throws `not-found` where the path is no health check. */
  #health(response: ApiResponse, path: string, query: string): void {
    const onProblem = this.#options.onProblem ?? (() => {});
    const answer = healthAnswer(this.#healthChecks, path, query, (name, why) =>
      onProblem(new DroverError('store-unavailable', `the health check ${name} fails: ${why}`)),
    );
    if (answer === undefined) throw noSuchPath();
    sendText(response, answer.status, answer.text);
  }
}

/** What anybody may ask; single checks are for those who may. */
const healthPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz']);
