import { type Clock, systemClock } from '@drover/async';
import { type JoinFile, version } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { AssertionVerifier, type LearntKeys, PinnedKeys, proofOfPossession } from '@drover/identity';
import type { KubeEndpoint } from '@drover/kube';
import type { Logger } from '@drover/telemetry';
import { KeptSession, readIdentityKeys } from '@drover/tunnel';
import { type ProxySettings, proxyFor } from './domain/proxy-choice.ts';
import type { AgentKey } from './install/agent-key.ts';
import { Backend, type BackendOptions } from './proxy/backend.ts';
import { Identities } from './proxy/identities.ts';
import { serveStream } from './proxy/serve-stream.ts';
import { dialGateway } from './tunnel/dial.ts';

/** What an agent needs. */
export interface ClusterAgentOptions {
  readonly join: JoinFile;
  readonly key: AgentKey;
  readonly endpoint: KubeEndpoint;
  readonly token: BackendOptions['token'];
  /** The cluster's version, for the hub's status; asked before each connection. */
  kubernetesVersion(signal: AbortSignal): Promise<string>;
  /** Identity keys that an earlier process of this agent learnt of. */
  readonly learntKeys?: LearntKeys | undefined;
  /** Keeps what is learnt now. */
  readonly keepKeys?: (learnt: LearntKeys) => void;
  readonly logger: Logger;
  /** HTTP proxies between agent and hub, as the environment has them; each gateway's address decides for itself. */
  readonly proxy?: ProxySettings;
  readonly clock?: Clock;
}

export interface ClusterAgent {
  /** Tunnels that are ready now. */
  connected(): number;
  /** Lets requests in flight end, then leaves. */
  close(): Promise<void>;
}

/** Assertions that stay verified: more callers than these in one minute are verified again. */
const maxVerified = 8192;
const drainMs = 5_000;
const versionTimeoutMs = 5_000;

/** Starts an agent: it keeps a tunnel to each of the hub's gateways, and serves the requests that come through. */
export function startClusterAgent(options: ClusterAgentOptions): ClusterAgent {
  const { join, key, logger, clock = systemClock } = options;
  const { uid: clusterUid } = join.cluster;
  const backend = new Backend({ endpoint: options.endpoint, token: options.token, clock });
  const keys = new PinnedKeys({
    hubId: join.hub.id,
    pins: join.hub.identityKeys,
    ...(options.learntKeys === undefined ? {} : { learnt: options.learntKeys }),
    onLearnt: learnt => {
      logger.info({ seq: learnt.seq, kids: learnt.keys.map(key => key['kid']) }, 'the hub announced new identity keys');
      options.keepKeys?.(learnt);
    },
  });
  const verifier = AssertionVerifier.create(keys.source, { audience: clusterUid, maxCached: maxVerified });
  let kubernetesVersion = 'unknown';

  const tunnels = join.hub.tunnelUrls.map(url => {
    const proxyUrl = proxyFor(url, options.proxy ?? {});
    return new KeptSession({
      dial: async signal => {
        kubernetesVersion = await options
          .kubernetesVersion(AbortSignal.any([signal, AbortSignal.timeout(versionTimeoutMs)]))
          .catch(() => kubernetesVersion);
        return dialGateway(
          {
            url,
            ca: join.hub.ca,
            userAgent: `drover-agent/${version}`,
            ...(proxyUrl === undefined ? {} : { proxyUrl }),
          },
          signal,
        );
      },
      join: hello => {
        if (hello.hub !== join.hub.id) {
          throw new DroverError(
            'hub-untrusted',
            `${url} is the hub ${hello.hub}, and the join file names ${join.hub.id}`,
          );
        }
        return {
          type: 'join',
          clusterUid,
          publicKey: key.publicKey,
          proof: proofOfPossession({ privateKey: key.privateKey, nonce: hello.nonce, clusterUid, hubId: hello.hub }),
          joinToken: join.joinToken,
          agentVersion: version,
          kubernetesVersion,
        };
      },
      events: () => {
        const identities = new Identities(verifier, () => clock.now());
        return {
          onOpen: (stream, payload, fin) => serveStream(stream, payload, fin, { clusterUid, identities, backend }),
          onIdentity: (number, assertion) => identities.name(number, assertion),
        };
      },
      onControl: message => {
        const announcements = readIdentityKeys(message);
        if (announcements !== undefined) void keys.learn(announcements, clock.now());
      },
      onDefect: error => logger.error({ err: error }, 'a defect while serving the hub'),
      onReady: (_session, id) => logger.info({ url, session: id, cluster: join.cluster.name }, 'connected to the hub'),
      onLost: (reason, retryMs) => logger.warn({ url, reason: describe(reason), retryMs }, 'not connected to the hub'),
    });
  });

  return {
    connected: () => tunnels.filter(tunnel => tunnel.ready !== undefined).length,
    close: async () => {
      await Promise.all(tunnels.map(tunnel => tunnel.drain(drainMs)));
      backend.close();
    },
  };
}

const describe = (reason: Error | { readonly code: string; readonly message: string }): string =>
  'code' in reason ? `${reason.code}: ${reason.message}` : reason.message;
