import { createPrivateKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pause } from '@drover/async';
import { DroverError } from '@drover/errors';
import { newAgentKey } from '@drover/identity';
import { startSimulation } from '@drover/simulator';
import { createLogger } from '@drover/telemetry';
import type { CommandContext } from '../command-context.ts';
import { joinCluster, listClusters, removeCluster } from '../hub-api.ts';
import type { HubClient } from '../hub-client.ts';
import { withHub } from '../with-hub.ts';

export interface SimulateOptions {
  readonly hub?: string;
  readonly clusters?: number;
  readonly nodes?: number;
  readonly pods?: number;
  readonly remove?: boolean;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
}

/** Clusters that are registered, or removed, at once: the hub's store takes some hundred writes a second. */
const atOnce = 8;
const pollMs = 100;
const simulated = /^sim-\d{3,}$/;
const nameOf = (index: number): string => `sim-${String(index + 1).padStart(3, '0')}`;

/** `drover simulate`: clusters in memory that join the hub by real agents, until Ctrl-C. */
export async function simulateCommand(context: CommandContext, options: SimulateOptions): Promise<void> {
  await withHub(context, options.hub, async ({ client, url }) => {
    if (options.remove) return await removeAll(context, client);
    await simulate(context, client, url, options);
  });
}

async function simulate(
  { environment, terminal, signal }: CommandContext,
  client: HubClient,
  url: string,
  { clusters = 10, nodes, pods, logLevel }: SimulateOptions,
): Promise<void> {
  const { simulationCertificate } = await import('@drover/local-stack');
  const keys = await AgentKeys.open(join(environment.configFolder, 'simulated-agents.json'), url);
  const logger = createLogger({ name: 'drover-simulate', level: logLevel });
  await using simulation = await startSimulation({
    certificate: simulationCertificate(),
    logger,
    proxy: environment.proxy,
  });
  const names = Array.from({ length: clusters }, (_, index) => nameOf(index));
  for (const name of names) keys.of(name);
  await keys.save(); // before the hub learns of them
  await inParallel(names, async name => {
    const { join: file } = await joinCluster(client, name, {}, signal);
    simulation.join(file, {
      key: keys.of(name),
      ...(nodes === undefined ? {} : { nodes }),
      ...(pods === undefined ? {} : { pods }),
    });
  });
  terminal.note(`${clusters} simulated clusters are registered; their agents connect`);
  while (simulation.connected() < clusters) await pause(pollMs, signal);
  terminal.print(`${clusters} simulated clusters are connected: ${names[0]} to ${names.at(-1)}`);
  terminal.note('Ctrl-C ends them; `drover simulate --remove` takes them from the hub');
  if (!signal.aborted) await once(signal, 'abort');
}

async function removeAll({ terminal, signal }: CommandContext, client: HubClient): Promise<void> {
  const names = (await listClusters(client, signal)).map(({ metadata }) => metadata.name);
  const found = names.filter(name => simulated.test(name));
  await inParallel(found, name => removeCluster(client, name, signal));
  terminal.print(`${found.length} simulated clusters are removed`);
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** The agents' keys by hub and cluster: the hub knows an agent again by its key. */
class AgentKeys {
  readonly #path: string;
  readonly #hub: string;
  readonly #all: Record<string, Record<string, string>>;

  private constructor(path: string, hub: string, all: Record<string, Record<string, string>>) {
    this.#path = path;
    this.#hub = hub;
    this.#all = all;
  }

  static async open(path: string, hub: string): Promise<AgentKeys> {
    let text = '{}';
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    try {
      return new AgentKeys(path, hub, JSON.parse(text));
    } catch (cause) {
      throw new DroverError('config-invalid', `${path} is not JSON; remove it, then drover simulate --remove`, {
        cause,
      });
    }
  }

  of(cluster: string): KeyObject {
    this.#all[this.#hub] ??= {};
    const known = this.#all[this.#hub]?.[cluster];
    if (known !== undefined) return createPrivateKey(known);
    const key = newAgentKey();
    this.#all[this.#hub] = {
      ...this.#all[this.#hub],
      [cluster]: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    };
    return key;
  }

  async save(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFile(`${this.#path}.new`, JSON.stringify(this.#all), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }
}
