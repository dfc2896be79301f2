/** How a context proves who it is. */
export type KubeconfigCredential =
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'exec';
      /** The launcher's absolute path. */
      readonly command: string;
      /** What the plugin must find in its environment. */
      readonly env: Readonly<Record<string, string>>;
    };

export interface KubeconfigOptions {
  readonly hub: string;
  /** PEM of the CA that the hub is trusted by; absent: the system's. */
  readonly ca?: string;
  readonly clusters: readonly string[];
  /** Whether there is a context for the hub's own API too. */
  readonly withHub: boolean;
  readonly credential: KubeconfigCredential;
}

/** The name of the hub's own context. A colon is in no cluster's name, so the second never collides. */
export const hubContextName = (clusters: readonly string[]): string =>
  clusters.includes('hub') ? 'drover:hub' : 'hub';

/**
 * A kubeconfig: a context for each cluster, named as the cluster, and one for the hub itself. The first one given is
 * current.
 */
export function buildKubeconfig({ hub, ca, clusters, withHub, credential }: KubeconfigOptions): object {
  const named = clusters.map(name => ({
    name,
    server: `${hub}/k8s/clusters/${name}`,
    user: `drover-${name}`,
    args: ['credential', '--hub', hub, '--cluster', name],
  }));
  const own = { name: hubContextName(clusters), server: hub, user: 'drover', args: ['credential', '--hub', hub] };
  const entries = withHub ? [...named, own] : named;
  const trust = ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca, 'utf8').toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': entries[0]?.name ?? '',
    clusters: entries.map(({ name, server }) => ({ name, cluster: { server, ...trust } })),
    users: entries.map(({ user, args }) => ({ name: user, user: userOf(credential, args) })),
    contexts: entries.map(({ name, user }) => ({ name, context: { cluster: name, user } })),
  };
}

function userOf(credential: KubeconfigCredential, args: readonly string[]): object {
  if (credential.kind === 'token') return { token: credential.token };
  const env = Object.entries(credential.env).map(([name, value]) => ({ name, value }));
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: credential.command,
      args,
      ...(env.length === 0 ? {} : { env }),
      interactiveMode: 'IfAvailable',
      // So that a first use knows how the hub is trusted.
      provideClusterInfo: true,
      installHint: 'drover is no longer where this kubeconfig says; write it again with `drover kubeconfig`',
    },
  };
}
