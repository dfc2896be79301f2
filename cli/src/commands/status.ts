import { type CommandContext, withHub } from '../command-context.ts';
import { agoOf } from '../domain/duration.ts';
import { textTable } from '../domain/text-table.ts';
import { type ClusterSummary, hubInfo, listClusters } from '../hub-api.ts';

/** `drover status`: the fleet at a glance. */
export async function statusCommand(
  context: CommandContext,
  { hub: asked, output }: { readonly hub?: string; readonly output?: 'json' },
): Promise<void> {
  const { terminal, signal } = context;
  await withHub(context, asked, async ({ url, hub, client }) => {
    const info = await hubInfo(client, signal);
    const clusters = await listClusters(client, signal);
    const connected = clusters.filter(({ status }) => status?.connected).length;
    const { user, expiresAt } = hub.session;
    if (output === 'json') {
      const { id, version } = info;
      return terminal.print(
        JSON.stringify({ hub: { url, id, version }, session: { user, expiresAt }, clusters }, null, 2),
      );
    }
    terminal.print(`hub ${url}, drover ${info.version}, signed in as ${user} until ${expiresAt}`);
    terminal.print(`${clusters.length} ${clusters.length === 1 ? 'cluster' : 'clusters'}, ${connected} connected`);
    if (clusters.length > 0) terminal.print(`\n${clusterTable(clusters, context.now())}`);
  });
}

function clusterTable(clusters: readonly ClusterSummary[], nowMs: number): string {
  const rows = clusters.map(({ metadata, status = {} }) => [
    metadata.name,
    status.connected ? 'connected' : 'disconnected',
    status.kubernetesVersion ?? '',
    status.agentVersion ?? '',
    status.connected ? 'now' : agoOf(status.lastSeen, nowMs),
    status.pendingAgentKeys?.length ? 'an agent waits: drover cluster approve-agent' : '',
  ]);
  return textTable([['NAME', 'STATUS', 'KUBERNETES', 'AGENT', 'SEEN', ''], ...rows]);
}
