import type { CommandContext } from '../command-context.ts';
import { objectOf } from '../domain/hub-answer.ts';
import { textTable } from '../domain/text-table.ts';
import { approveAgent, joinCluster, listClusters } from '../hub-api.ts';
import { withHub } from '../with-hub.ts';

interface HubOption {
  readonly hub?: string;
}

export interface ImportOptions extends HubOption {
  readonly output?: 'yaml' | 'join' | 'json';
  readonly ttl?: number;
}

/** `drover cluster import NAME` */
export async function importCommand(context: CommandContext, name: string, options: ImportOptions): Promise<void> {
  const { terminal, signal } = context;
  await withHub(context, options.hub, async ({ client }) => {
    const offer = await joinCluster(client, name, options.ttl === undefined ? {} : { ttlSeconds: options.ttl }, signal);
    // each form holds the join token
    terminal.protectOutput();
    switch (options.output) {
      case 'yaml':
        return terminal.print(offer.manifest);
      case 'json':
        return terminal.print(JSON.stringify(offer, null, 2));
      case 'join': {
        const { stringify } = await import('yaml');
        return terminal.print(stringify(offer.join, { lineWidth: 0 }));
      }
      default:
        terminal.note(`Run this where kubectl reaches the cluster ${name}, until ${offer.join.expiresAt}:`);
        return terminal.print(offer.command);
    }
  });
}

/** `drover cluster approve-agent NAME` */
export async function approveAgentCommand(
  context: CommandContext,
  name: string,
  { hub, output }: HubOption & { readonly output?: 'json' },
): Promise<void> {
  const { terminal, signal } = context;
  await withHub(context, hub, async ({ client }) => {
    const approved = await approveAgent(client, name, signal);
    if (output === 'json') return terminal.print(JSON.stringify(approved, null, 2));
    const { status } = approved;
    const keys = status === undefined ? undefined : objectOf(status, 'no status')['agentKeys'];
    const known = Array.isArray(keys) ? ` (${keys.length} of them)` : '';
    terminal.print(`the agents’ keys of cluster ${name} are approved${known}`);
  });
}

/** `drover cluster list` */
export async function listCommand(
  context: CommandContext,
  { hub, output }: HubOption & { readonly output?: 'json' | 'name' },
): Promise<void> {
  const { terminal, signal } = context;
  await withHub(context, hub, async ({ client, url }) => {
    const clusters = await listClusters(client, signal);
    if (output === 'json') return terminal.print(JSON.stringify(clusters, null, 2));
    const names = clusters.map(({ metadata }) => metadata.name);
    if (names.length === 0) return terminal.note(`${url} has no cluster yet; run \`drover cluster import NAME\``);
    if (output === 'name') return terminal.print(names.join('\n'));
    const rows = clusters.map(({ metadata, status = {} }) => [
      metadata.name,
      status.connected ? 'connected' : 'disconnected',
      status.kubernetesVersion ?? '',
    ]);
    terminal.print(textTable([['NAME', 'STATUS', 'KUBERNETES'], ...rows]));
  });
}
