import { type Bus, ObjectView, type ViewChange } from '@drover/bus';
import {
  type AuthProvider,
  type Cluster,
  type EndedSession,
  type HubObject,
  resources,
  type Token,
  type User,
} from '@drover/contracts';
import type { Logger } from '@drover/telemetry';

/** What changed in the hub, for those who must cut live streams. */
export interface HubChanges {
  onToken: ViewChange<Token>;
  onUser: ViewChange<User>;
  onCluster: ViewChange<Cluster>;
  onProvider: ViewChange<AuthProvider>;
  onEndedSession: ViewChange<EndedSession>;
}

/** What decides on a request, in memory, fed by KV watches: deciding makes no network call. */
export interface HubView {
  token(id: string): Token | undefined;
  user(name: string): User | undefined;
  cluster(name: string): Cluster | undefined;
  provider(name: string): AuthProvider | undefined;
  sessionEnded(id: string): boolean;
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
  const [tokens, users, clusters, providers, endedSessions] = await Promise.all([
    open<Token>(resources.tokens, changes.onToken),
    open<User>(resources.users, changes.onUser),
    open<Cluster>(resources.clusters, changes.onCluster),
    open<AuthProvider>(resources.authProviders, changes.onProvider),
    open<EndedSession>(resources.endedSessions, changes.onEndedSession),
  ]);
  const views = [tokens, users, clusters, providers, endedSessions];
  return {
    token: id => tokens.get(id),
    user: name => users.get(name),
    cluster: name => clusters.get(name),
    provider: name => providers.get(name),
    sessionEnded: id => endedSessions.get(id) !== undefined,
    lastHeardMs: () => Math.min(...views.map(({ lastHeardMs }) => lastHeardMs)),
    close: async () => {
      await Promise.all(views.map(view => view.close()));
    },
  };
}
