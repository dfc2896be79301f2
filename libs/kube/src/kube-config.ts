import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { DroverError } from '@drover/errors';
import { bufferFromFileOrString, KubeConfig } from '@kubernetes/client-node';

/** Where a cluster is, and who asks: a kubeconfig, or the ServiceAccount that a pod runs as. */
export type KubeSource =
  | { readonly kubeconfigFile: string; readonly context?: string }
  | {
      readonly inCluster: {
        /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. */
        readonly host: string;
        readonly port: number;
        /** Where token and CA are mounted; default Kubernetes' own folder. */
        readonly folder?: string;
      };
    };

/**
 * How to reach the kube-apiserver with TLS, for HTTP and for raw sockets. It deliberately holds no client certificate:
 * the kube-apiserver takes a certificate before a bearer token, so a connection with the kubeconfig's certificate would
 * make a user's request the administrator's (T3).
 */
export interface KubeEndpoint {
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  /** The path before `/api`, with no slash at its end; mostly empty. */
  readonly basePath: string;
  /** For `tls.connect`, `https.request` and undici's `connect`. */
  readonly tls: {
    readonly ca?: string | Buffer;
    readonly servername?: string;
    /** `false` only where the kubeconfig itself says `insecure-skip-tls-verify`. */
    readonly rejectUnauthorized: boolean;
  };
}

/** The source's own credential, for Drover's own work only. */
export interface KubeCredential {
  /** TLS options and headers of one request; runs exec plugins and reads token files where they are due. */
  apply(): Promise<RequestOptions>;
}

const inClusterFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads a source; whatever is wrong with it is `config-invalid`. */
export function loadKubeConfig(from: KubeSource): { endpoint: KubeEndpoint; credential: KubeCredential } {
  const config = 'inCluster' in from ? podConfig(from.inCluster) : fileConfig(from.kubeconfigFile, from.context);
  return {
    endpoint: endpointOf(config),
    credential: {
      async apply() {
        const options: RequestOptions = {};
        await config.applyToHTTPSOptions(options);
        // client-node keeps an agent of its own, which nobody could close
        delete options.agent;
        return options;
      },
    },
  };
}

function fileConfig(file: string, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (cause) {
    throw new DroverError('config-invalid', `cannot read the kubeconfig ${file}`, { cause });
  }
  if (context !== undefined) config.setCurrentContext(context);
  const current = config.getCurrentContext();
  if (config.getContextObject(current) === null || config.getCurrentCluster() === null) {
    throw new DroverError(
      'config-invalid',
      `the kubeconfig ${file} has no context ${JSON.stringify(current ?? '')} with a cluster`,
    );
  }
  return config;
}

function podConfig({
  host,
  port,
  folder = inClusterFolder,
}: {
  host: string;
  port: number;
  folder?: string;
}): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: 'in-cluster',
        server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
        caFile: join(folder, 'ca.crt'),
        skipTLSVerify: false,
      },
    ],
    // the kubelet renews the file; client-node reads it again every minute
    users: [{ name: 'pod', authProvider: { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } } }],
    contexts: [{ name: 'in-cluster', cluster: 'in-cluster', user: 'pod' }],
    currentContext: 'in-cluster',
  });
  return config;
}

function endpointOf(config: KubeConfig): KubeEndpoint {
  const cluster = config.getCurrentCluster();
  const server = cluster?.server ?? '';
  if (!URL.canParse(server)) throw new DroverError('config-invalid', `${JSON.stringify(server)} is no server’s URL`);
  const url = new URL(server);
  if (url.protocol !== 'https:') {
    throw new DroverError('config-invalid', `the kube-apiserver must be reached by https, not by ${server}`);
  }
  if (cluster?.proxyUrl) {
    throw new DroverError(
      'config-invalid',
      'a kubeconfig with proxy-url is not supported: run the agent where it can dial the kube-apiserver',
    );
  }
  // what node:tls must see without brackets
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const ca = authority(config);
  return Object.freeze({
    url,
    host,
    port: url.port === '' ? 443 : Number(url.port),
    basePath: url.pathname.replace(/\/+$/, ''),
    tls: Object.freeze({
      ...(ca === undefined ? {} : { ca }),
      ...(cluster?.tlsServerName ? { servername: cluster.tlsServerName } : {}),
      rejectUnauthorized: cluster?.skipTLSVerify !== true,
    }),
  });
}

function authority(config: KubeConfig): Buffer | undefined {
  const cluster = config.getCurrentCluster();
  try {
    return bufferFromFileOrString(cluster?.caFile, cluster?.caData) ?? undefined;
  } catch (cause) {
    throw new DroverError('config-invalid', `cannot read the cluster’s CA ${cluster?.caFile}`, { cause });
  }
}
