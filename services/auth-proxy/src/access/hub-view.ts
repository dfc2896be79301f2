import { type Bus, ObjectView, type ViewChange } from '@drover/bus';
import { type Cluster, type HubObject, resources, type Token, type User } from '@drover/contracts';
import type { Logger } from '@drover/telemetry';

/** What changed in the hub, for those who must cut live streams. */
export interface HubChanges {
  onToken: ViewChange<Token>;
  onUser: ViewChange<User>;
  onCluster: ViewChange<Cluster>;
}

/** Tokens, users and clusters in memory, fed by KV watches: deciding makes no network call. */
export interface HubView {
  token(id: string): Token | undefined;
  user(name: string): User | undefined;
  cluster(name: string): Cluster | undefined;
  /** When every part was last heard of, milliseconds since 1970. */
  lastHeardMs(): number;
  close(): Promise<void>;
}

/** Opens the view; resolves when everything that is stored is in it. */
export async function openHubView(bus: Bus, changes: HubChanges, logger: Logger): Promise<HubView> {
  const open = <T extends HubObject>(resource: string, onChange: ViewChange<T>): Promise<ObjectView<T>> =>
    ObjectView.open<T>(bus.objects(), resource, {
      onChange,
      onDefect: error => logger.error({ err: error, resource }, 'a change in the hub could not be taken in'),
      onUnreadable: (key, error) => logger.error({ key, err: error }, 'a stored object cannot be read'),
    });
  const [tokens, users, clusters] = await Promise.all([
    open<Token>(resources.tokens, changes.onToken),
    open<User>(resources.users, changes.onUser),
    open<Cluster>(resources.clusters, changes.onCluster),
  ]);
  return {
    token: id => tokens.get(id),
    user: name => users.get(name),
    cluster: name => clusters.get(name),
    lastHeardMs: () => Math.min(tokens.lastHeardMs, users.lastHeardMs, clusters.lastHeardMs),
    close: async () => {
      await Promise.all([tokens.close(), users.close(), clusters.close()]);
    },
  };
}
