import type { JoinFile } from '@drover/contracts';
import { type KubeSource, kubeClient } from '@drover/kube';
import type { Logger } from '@drover/telemetry';
import { startClusterAgent } from '../app.ts';
import type { ProxySettings } from '../domain/proxy-choice.ts';
import { loadAgentKey } from './agent-key.ts';
import { ensureInstalled } from './ensure-installed.ts';
import { keepHubKeys, loadHubKeys } from './hub-keys.ts';
import { ImpersonatorToken } from './impersonator-token.ts';

/** How long the kube-apiserver may take to keep what was learnt. */
const keepTimeoutMs = 30_000;

export interface OpenAgentOptions {
  readonly join: JoinFile;
  /** How to reach the cluster for the agent's own work. */
  readonly from: KubeSource;
  /** Apply namespace, accounts and rights first: yes beside a cluster; in it, the import manifest has done so. */
  readonly install: boolean;
  readonly logger: Logger;
  /** HTTP proxies between agent and hub, as the environment has them. */
  readonly proxy?: ProxySettings;
  /** Ends the opening; an open agent is ended by `close`. */
  readonly signal: AbortSignal;
}

export interface OpenAgent extends AsyncDisposable {
  /** Tunnels that are ready now. */
  connected(): number;
  close(): Promise<void>;
}

/**
 * All of an agent: its rights, its key, the impersonating account's token, and the tunnels. Users' requests take that
 * token only; the credential of `from` is for the agent's own work.
 *
 * @throws DroverError `cluster-unreachable`, `forbidden`, `config-invalid`
 * @example
 * await using agent = await openAgent({ join, from: { kubeconfigFile }, install: true, logger, signal });
 */
export async function openAgent(options: OpenAgentOptions): Promise<OpenAgent> {
  const { join, from, logger, proxy, signal } = options;
  await using opening = new AsyncDisposableStack();
  const kube = opening.use(kubeClient(from));
  if (options.install) await ensureInstalled(kube, join.hub, { signal });
  const key = await loadAgentKey(kube, { signal });
  const learntKeys = await loadHubKeys(kube, { signal });
  const token = opening.use(await ImpersonatorToken.open({ kube, logger, signal }));
  const agent = startClusterAgent({
    join,
    key,
    token,
    logger,
    learntKeys,
    keepKeys: learnt => {
      keepHubKeys(kube, learnt, { signal: AbortSignal.timeout(keepTimeoutMs) }).catch((error: unknown) =>
        logger.warn(
          { err: error },
          'new identity keys of the hub could not be kept: after a restart the agent trusts the pinned ones until the hub announces these again; apply the import manifest anew to grant the right',
        ),
      );
    },
    endpoint: kube.endpoint,
    kubernetesVersion: async signal => (await kube.version({ signal })).gitVersion,
    ...(proxy === undefined ? {} : { proxy }),
  });
  opening.defer(() => agent.close());
  const open = opening.move();
  const close = (): Promise<void> => open.disposeAsync();
  return { connected: () => agent.connected(), close, [Symbol.asyncDispose]: close };
}
