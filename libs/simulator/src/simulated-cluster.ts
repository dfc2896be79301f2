import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiServer, MemoryStore, NodeResponse, sendError } from '@drover/apiserver';
import { DroverError } from '@drover/errors';
import { type Caller, callerOf } from './caller.ts';
import { simulatedKinds } from './kinds/index.ts';
import { isReview, reviewsOf } from './reviews.ts';
import { Rights } from './rights.ts';
import { type SeedOptions, seed } from './seed.ts';
import { withoutStrategicPatch } from './strategic-patch.ts';
import { versionInfo } from './version.ts';
import { simulateWorkloads } from './workloads.ts';

/** What needs containers; nothing of it can be simulated in earnest. */
const needsContainers =
  /^\/api\/v1\/(namespaces\/[^/]+\/(pods|services)\/[^/]+\/(?<what>log|exec|attach|portforward|proxy)|nodes\/[^/]+\/(?<node>proxy))(\/|\?|$)/;

/** A cluster in memory: what is written is kept until the process ends. */
export class SimulatedCluster {
  readonly #api: ApiServer<Caller>;
  readonly #rights: Rights;

  private constructor(onProblem: (error: unknown) => void) {
    this.#api = new ApiServer<Caller>({
      types: simulatedKinds,
      store: new MemoryStore(),
      virtual: reviewsOf(() => this.#rights),
      authorize: (caller, asked) => ({
        allowed: isReview(asked.group) || this.#rights.grants.allows(caller, asked.namespace, asked),
      }),
      nameOf: ({ user }) => user,
      version: versionInfo,
      program: 'simulator',
      onProblem,
    });
    this.#rights = new Rights(this.#api.cache);
  }

  static async start(
    options: SeedOptions & { readonly onProblem?: (error: unknown) => void },
  ): Promise<SimulatedCluster> {
    const cluster = new SimulatedCluster(options.onProblem ?? (() => {}));
    await cluster.#api.start();
    simulateWorkloads(cluster.#api.registry);
    await seed(cluster.#api.registry, options);
    return cluster;
  }

  /** Answers a request of the cluster's agent; never throws. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const found = needsContainers.exec(request.url ?? '')?.groups;
      if (found !== undefined) {
        throw new DroverError(
          'method-not-allowed',
          `this cluster is simulated: its pods have no containers, so there is no ${found['what'] ?? found['node']}`,
        );
      }
      const caller = callerOf(request, this.#rights.grants);
      await this.#api.handle(await withoutStrategicPatch(request, this.#api.registry), response, caller);
    } catch (error) {
      sendError(new NodeResponse(response), DroverError.from(error));
    }
  }

  close(): Promise<void> {
    return this.#api.close();
  }
}
