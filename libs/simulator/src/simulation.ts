import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NodeResponse, sendError } from '@drover/apiserver';
import { startClusterAgent } from '@drover/cluster-agent';
import type { JoinFile } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { agentPublicKey } from '@drover/identity';
import type { Logger } from '@drover/telemetry';
import type { SeedOptions } from './seed.ts';
import { SimulatedCluster } from './simulated-cluster.ts';
import { simulatedVersion } from './version.ts';

type AgentOptions = Parameters<typeof startClusterAgent>[0];

export interface SimulationOptions {
  /** PEM, of a server certificate for 127.0.0.1 that signs itself: the agents trust it and nothing else. */
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly logger: Logger;
  readonly proxy?: AgentOptions['proxy'];
}

export interface JoinOptions extends Omit<SeedOptions, 'name' | 'userPrefix'> {
  /** The agent's key; it must be the same when the cluster joins again. */
  readonly key: AgentOptions['key']['privateKey'];
}

/** Clusters in memory that joined a hub by real agents. */
export interface Simulation extends AsyncDisposable {
  /** Starts the cluster of a join file and its agent, which connects on its own. */
  join(join: JoinFile, options: JoinOptions): void;
  /** How many clusters have a tunnel now. */
  connected(): number;
  close(): Promise<void>;
}

const tokenBytes = 24;
const loopback = '127.0.0.1';

/**
 * One server on the loopback address for any number of simulated clusters, told apart by their agents' tokens. A cluster
 * is made with the first request to it, so that hundreds that nobody looks at cost no more than their tunnels.
 *
 * @example
 * await using simulation = await startSimulation({ certificate, logger });
 * simulation.join(join, { key });
 */
export async function startSimulation({ certificate, logger, proxy }: SimulationOptions): Promise<Simulation> {
  const clusters = new Map<string, LazyCluster>();
  const agents: ReturnType<typeof startClusterAgent>[] = [];

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, token = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    try {
      const cluster = clusters.get(token);
      if (cluster === undefined) throw new DroverError('unauthenticated', 'Unauthorized');
      await (await cluster.started()).handle(request, response);
    } catch (error) {
      sendError(new NodeResponse(response), DroverError.from(error));
    }
  };
  const server = createServer(certificate, (request, response) => void handle(request, response));
  server.listen(0, loopback);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint: AgentOptions['endpoint'] = {
    url: new URL(`https://${loopback}:${port}`),
    host: loopback,
    port,
    basePath: '',
    tls: { ca: certificate.cert, rejectUnauthorized: true },
  };

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all(agents.map(agent => agent.close()));
    await Promise.all([...clusters.values()].map(cluster => cluster.close()));
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };

  return {
    join: (join, { key: privateKey, ...seed }) => {
      const token = randomBytes(tokenBytes).toString('base64url');
      const { userPrefix } = join.hub;
      const options = { ...seed, name: join.cluster.name, ...(userPrefix === undefined ? {} : { userPrefix }) };
      const onProblem = (error: unknown): void => logger.error({ err: error }, 'a defect of the simulated cluster');
      clusters.set(token, new LazyCluster({ ...options, onProblem }));
      agents.push(
        startClusterAgent({
          join,
          key: { privateKey, publicKey: agentPublicKey(privateKey) },
          endpoint,
          token: { current: () => token, refused: () => {} },
          kubernetesVersion: async () => simulatedVersion,
          logger,
          ...(proxy === undefined ? {} : { proxy }),
        }),
      );
    },
    connected: () => agents.filter(agent => agent.connected() > 0).length,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

/** A cluster that is made when it is needed. */
class LazyCluster {
  readonly #options: Parameters<typeof SimulatedCluster.start>[0];
  #started: Promise<SimulatedCluster> | undefined;

  constructor(options: Parameters<typeof SimulatedCluster.start>[0]) {
    this.#options = options;
  }

  started(): Promise<SimulatedCluster> {
    this.#started ??= SimulatedCluster.start(this.#options);
    return this.#started;
  }

  async close(): Promise<void> {
    await (await this.#started)?.close();
  }
}
