import { once } from 'node:events';
import { openAgent } from '@drover/cluster-agent';
import { readJoinFile } from '@drover/contracts';
import { createLogger } from '@drover/telemetry';
import type { CommandContext } from '../command-context.ts';
import { readInputFile } from '../input-file.ts';

export interface AgentOptions {
  readonly join: string;
  readonly kubeconfig: string;
  readonly context?: string;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
}

/** How long the kube-apiserver may take to give accounts, key and token. */
const openTimeoutMs = 30_000;

/** `drover agent`: an agent beside a cluster, until Ctrl-C. */
export async function agentCommand(
  { environment, terminal, signal }: CommandContext,
  options: AgentOptions,
): Promise<void> {
  const join = readJoinFile(await readInputFile(options.join, '--join', terminal));
  const logger = createLogger({ name: 'drover-agent', level: options.logLevel });
  const { kubeconfig: kubeconfigFile, context } = options;
  await using agent = await openAgent({
    join,
    from: { kubeconfigFile, ...(context !== undefined && { context }) },
    install: true,
    logger,
    signal: AbortSignal.any([signal, AbortSignal.timeout(openTimeoutMs)]),
    proxy: environment.proxy,
  });
  terminal.note(`drover agent of cluster ${join.cluster.name} runs; Ctrl-C ends it`);
  if (!signal.aborted) await once(signal, 'abort');
  await agent.close();
}
