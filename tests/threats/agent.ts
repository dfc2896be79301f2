import { type ClusterAgent, openAgent, type ProxySettings, startClusterAgent } from '@drover/cluster-agent';
import type { JoinFile } from '@drover/contracts';
import { agentPublicKey, newAgentKey } from '@drover/identity';
import type { KubeEndpoint } from '@drover/kube';
import { createLogger, type Logger } from '@drover/telemetry';
import { eventually, type TestCluster } from '@drover/testing';
import type { TestHub } from './hub.ts';

export const silent: Logger = createLogger({
  name: 'threats',
  level: (process.env['THREATS_LOG'] ?? 'silent') as never,
});

/** The credential of the stub's impersonating account. */
export const stubToken = 'token-of-the-impersonator';

export interface TestAgent extends AsyncDisposable, Pick<ClusterAgent, 'connected'> {
  readonly clusterUid: string;
}

/** An agent's key pair. */
export const newKey = () => {
  const privateKey = newAgentKey();
  return { privateKey, publicKey: agentPublicKey(privateKey) };
};

/** Starts an agent before `endpoint` as `join` says, and does not wait for it. */
export function startAgent(
  join: JoinFile,
  endpoint: KubeEndpoint,
  {
    key = newKey(),
    logger = silent,
    proxy = {},
  }: { key?: ReturnType<typeof newKey>; logger?: Logger; proxy?: ProxySettings } = {},
): TestAgent {
  const agent = startClusterAgent({
    join,
    key,
    endpoint,
    token: { current: () => stubToken, refused: () => {} },
    kubernetesVersion: async () => 'v1.20.2',
    logger,
    proxy,
  });
  return {
    clusterUid: join.cluster.uid,
    connected: () => agent.connected(),
    [Symbol.asyncDispose]: () => agent.close(),
  };
}

/** Registers `cluster` and connects an agent before `endpoint`; resolves when requests reach it. */
export async function connectStub(
  hub: TestHub,
  cluster: string,
  endpoint: KubeEndpoint,
  { tunnelUrl, door }: { tunnelUrl?: string; door?: string } = {},
): Promise<TestAgent> {
  const join = await hub.joinFile(cluster);
  const agent = startAgent(
    tunnelUrl === undefined ? join : { ...join, hub: { ...join.hub, tunnelUrls: [tunnelUrl] } },
    endpoint,
  );
  await reachable(hub, cluster, door);
  return agent;
}

/** Registers `cluster` and connects a whole agent beside a real one; resolves when requests reach it. */
export async function connectCluster(hub: TestHub, cluster: string, beside: TestCluster): Promise<AsyncDisposable> {
  const agent = await openAgent({
    join: await hub.joinFile(cluster),
    from: { kubeconfigFile: beside.kubeconfig },
    install: true,
    logger: silent,
    signal: AbortSignal.timeout(30_000),
  });
  await reachable(hub, cluster);
  return agent;
}

const reachable = (hub: TestHub, cluster: string, door?: string): Promise<boolean> =>
  eventually(
    async () => {
      const { status, text } = await hub.call(`/k8s/clusters/${cluster}/version`, {
        token: hub.adminToken,
        ...(door === undefined ? {} : { door }),
      });
      if (status !== 200) throw new Error(`${cluster}: ${status} ${text}`);
      return true;
    },
    { timeoutMs: 20_000 },
  );
