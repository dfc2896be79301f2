import type { Clock } from '@drover/async';
import { type Bus, ObjectView, type ViewChange } from '@drover/bus';
import {
  type AuthProvider,
  type Cluster,
  type ClusterRoleTemplateBinding,
  type EndedSession,
  type GlobalRoleBinding,
  type HubObject,
  membershipSetting,
  type ProjectRoleTemplateBinding,
  resources,
  type Setting,
  type Token,
  type User,
} from '@drover/contracts';
import type { Logger } from '@drover/telemetry';
import { type ClusterBinding, Membership } from './membership.ts';

/** What changed in the hub, for those who must cut live streams. */
export interface HubChanges {
  onToken: ViewChange<Token>;
  onUser: ViewChange<User>;
  onCluster: ViewChange<Cluster>;
  onProvider: ViewChange<AuthProvider>;
  onEndedSession: ViewChange<EndedSession>;
  /** Somebody may have ceased to be a member of the cluster; undefined: of any. */
  onMembers(cluster: string | undefined): void;
}

/** What decides on a request, in memory, fed by KV watches: deciding makes no network call. */
export interface HubView {
  token(id: string): Token | undefined;
  user(name: string): User | undefined;
  cluster(name: string): Cluster | undefined;
  provider(name: string): AuthProvider | undefined;
  sessionEnded(id: string): boolean;
  clusters(): Iterable<Cluster>;
  /** Whether the user may reach the cluster at all: everybody may, unless the hub asks for membership. */
  mayReach(user: User, cluster: string): boolean;
  /** When every part was last heard of, milliseconds since 1970. */
  lastHeardMs(): number;
  close(): Promise<void>;
}

/** Opens the view; resolves when everything that is stored is in it. */
export async function openHubView(
  bus: Bus,
  changes: HubChanges,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
): Promise<HubView> {
  const open = <T extends HubObject>(resource: string, onChange: ViewChange<T>): Promise<ObjectView<T>> =>
    ObjectView.open<T>(bus.objects(), resource, {
      onChange,
      onDefect: error => logger.error({ err: error, resource }, 'a change in the hub could not be taken in'),
      onUnreadable: (key, error) => logger.error({ key, err: error }, 'a stored object cannot be read'),
    });
  const members = new Membership();
  const onClusterBinding = (_name: string, now: ClusterBinding | undefined, before: ClusterBinding | undefined) => {
    members.setClusterBinding(now, before);
    if (before !== undefined) changes.onMembers(before.metadata.namespace);
  };
  const [tokens, users, clusters, providers, endedSessions, settings, ...bindings] = await Promise.all([
    open<Token>(resources.tokens, changes.onToken),
    open<User>(resources.users, changes.onUser),
    open<Cluster>(resources.clusters, changes.onCluster),
    open<AuthProvider>(resources.authProviders, changes.onProvider),
    open<EndedSession>(resources.endedSessions, changes.onEndedSession),
    open<Setting>(resources.settings, name => {
      if (name === membershipSetting.name) changes.onMembers(undefined);
    }),
    open<GlobalRoleBinding>(resources.globalRoleBindings, (_name, now, before) => {
      members.setGlobalBinding(now, before);
      if (before !== undefined) changes.onMembers(undefined);
    }),
    open<ClusterRoleTemplateBinding>(resources.clusterRoleTemplateBindings, onClusterBinding),
    open<ProjectRoleTemplateBinding>(resources.projectRoleTemplateBindings, onClusterBinding),
  ]);
  const views = [tokens, users, clusters, providers, endedSessions, settings, ...bindings];
  return {
    token: id => tokens.get(id),
    user: name => users.get(name),
    cluster: name => clusters.get(name),
    provider: name => providers.get(name),
    clusters: () => clusters.values(),
    mayReach: (user, cluster) =>
      settings.get(membershipSetting.name)?.spec.value !== membershipSetting.required || members.has(user, cluster),
    sessionEnded: id => endedSessions.get(id) !== undefined,
    // The watches measure silence in real time; it is told in the time that decides.
    lastHeardMs: () => clock.now() - (Date.now() - Math.min(...views.map(({ lastHeardMs }) => lastHeardMs))),
    close: async () => {
      await Promise.all(views.map(view => view.close()));
    },
  };
}
