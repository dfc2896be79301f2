import type { CommandContext } from '../command-context.ts';
import { agoOf } from '../domain/duration.ts';
import { textTable } from '../domain/text-table.ts';
import { type ClusterSummary, hubInfo, listClusters } from '../hub-api.ts';
import { withHub } from '../with-hub.ts';

/** What is told of a store that may not be durable (T31). */
const warnings: ReadonlyMap<string, string> = new Map([
  [
    'two-minutes',
    'NOT DURABLE: its NATS syncs every two minutes; a power failure may undo what was acknowledged since',
  ],
  ['unknown', 'whether its NATS syncs every write is not known to the hub (sync_interval: always)'],
]);

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
    const { user, endsAt: expiresAt } = hub.session;
    if (output === 'json') {
      const { id, version, durability } = info;
      return terminal.print(
        JSON.stringify({ hub: { url, id, version, durability }, session: { user, expiresAt }, clusters }, null, 2),
      );
    }
    terminal.print(`hub ${url}, drover ${info.version}, signed in as ${user} until ${expiresAt}`);
    const warning = warnings.get(info.durability ?? '');
    if (warning !== undefined) terminal.print(warning);
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
