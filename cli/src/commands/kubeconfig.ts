import { DroverError } from '@drover/errors';
import { stringify } from 'yaml';
import type { CommandContext } from '../command-context.ts';
import { buildKubeconfig, type KubeconfigCredential } from '../domain/kubeconfig.ts';
import { usageError } from '../failure.ts';
import { listClusters, makeToken } from '../hub-api.ts';
import { type SignedIn, withHub } from '../with-hub.ts';

export interface KubeconfigOptions {
  readonly hub?: string;
  readonly all?: boolean;
  readonly token?: boolean;
  readonly ttl?: number;
  readonly description?: string;
  readonly output?: 'yaml' | 'json';
}

/**
 * `drover kubeconfig [NAME…]`; no name means all. A token for named clusters is good for these and nothing else, so the
 * hub's own context is left out beside it.
 */
export async function kubeconfigCommand(
  context: CommandContext,
  names: readonly string[],
  options: KubeconfigOptions,
): Promise<void> {
  if (options.all && names.length > 0) throw usageError('give either names of clusters or --all');
  for (const option of ['ttl', 'description'] as const) {
    if (options[option] !== undefined && !options.token) throw usageError(`--${option} is for --token`);
  }
  const { terminal, signal } = context;
  await withHub(context, options.hub, async signedIn => {
    const { url, hub, client } = signedIn;
    const known = (await listClusters(client, signal)).map(({ metadata }) => metadata.name);
    const unknown = names.filter(name => !known.includes(name));
    if (unknown.length > 0) throw unknownClusters(url, unknown, known);
    const scoped = options.token === true && names.length > 0;
    const config = buildKubeconfig({
      hub: url,
      ...(hub.ca !== undefined && { ca: hub.ca }),
      clusters: names.length > 0 ? [...new Set(names)] : known,
      withHub: !scoped,
      credential: options.token
        ? await mintedToken(context, signedIn, { ...options, clusters: names })
        : execPlugin(context),
    });
    if (options.token) terminal.protectOutput();
    terminal.print(options.output === 'json' ? JSON.stringify(config, null, 2) : stringify(config, { lineWidth: 0 }));
  });
}

/** kubectl may run where `DROVER_CONFIG_DIR` is not set, so the kubeconfig repeats it. */
const execPlugin = ({ launcher, environment }: CommandContext): KubeconfigCredential => ({
  kind: 'exec',
  command: launcher,
  env: environment.configFolderIsSet ? { DROVER_CONFIG_DIR: environment.configFolder } : {},
});

async function mintedToken(
  { terminal, signal }: CommandContext,
  { client }: SignedIn,
  {
    clusters,
    ttl,
    description = 'drover kubeconfig --token',
  }: Pick<KubeconfigOptions, 'ttl' | 'description'> & { readonly clusters: readonly string[] },
): Promise<KubeconfigCredential> {
  const { token, name, expiresAt } = await makeToken(
    client,
    {
      description,
      ...(ttl !== undefined && { ttlSeconds: ttl }),
      ...(clusters.length > 0 && { clusters }),
    },
    signal,
  );
  terminal.note(`this kubeconfig holds a secret, the token ${name}, good until ${expiresAt}`);
  return { kind: 'token', token };
}

function unknownClusters(url: string, unknown: readonly string[], known: readonly string[]): DroverError {
  const what =
    unknown.length === 1 ? `no cluster is named ${unknown[0]}` : `no clusters are named ${unknown.join(', ')}`;
  const have =
    known.length === 0 ? 'it has none yet' : `it has ${known.slice(0, 10).join(', ')}${known.length > 10 ? ' …' : ''}`;
  return new DroverError('cluster-unknown', `${what} at ${url} (${have}); see \`drover cluster list\``);
}
