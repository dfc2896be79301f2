import {
  adminGroup,
  type ClusterRoleTemplateBinding,
  type GlobalRoleBinding,
  groupsOf,
  type ProjectRoleTemplateBinding,
  type User,
} from '@drover/contracts';

/** What makes somebody a member of a cluster. */
export type ClusterBinding = ClusterRoleTemplateBinding | ProjectRoleTemplateBinding;
/** The global role whose holders are members of every cluster. */
const adminRole = 'admin';
/** The group of everybody whom the hub knows. */
const everybody = 'system:authenticated';
/** Stands for every cluster; no cluster can be called so. */
const all = '*';

/**
 * Who is a member of which cluster: whom a role is bound to there, in the cluster or in one of its projects, and the hub's
 * administrators. A question costs as much as its user has groups, however many bindings there are.
 */
export class Membership {
  /** Bindings of each subject by cluster. */
  readonly #bound = new Map<string, Map<string, number>>();

  /** A binding in a cluster was made or deleted; the cluster is the binding's namespace. */
  setClusterBinding(now: ClusterBinding | undefined, before: ClusterBinding | undefined): void {
    this.#count(before?.metadata.namespace, before?.spec, -1);
    this.#count(now?.metadata.namespace, now?.spec, 1);
  }

  setGlobalBinding(now: GlobalRoleBinding | undefined, before: GlobalRoleBinding | undefined): void {
    if (before?.spec.globalRole === adminRole) this.#count(all, before.spec, -1);
    if (now?.spec.globalRole === adminRole) this.#count(all, now.spec, 1);
  }

  has(user: User, cluster: string): boolean {
    const groups = groupsOf(user);
    if (groups.includes(adminGroup)) return true;
    return this.#holds(this.#bound.get(cluster), user, groups) || this.#holds(this.#bound.get(all), user, groups);
  }

  #holds(subjects: ReadonlyMap<string, number> | undefined, user: User, groups: readonly string[]): boolean {
    if (subjects === undefined) return false;
    if (subjects.has(`u/${user.metadata.name}`) || subjects.has(`g/${everybody}`)) return true;
    return groups.some(group => subjects.has(`g/${group}`));
  }

  #count(cluster: string | undefined, spec: { user?: string; group?: string } | undefined, by: 1 | -1): void {
    if (cluster === undefined || spec === undefined) return;
    const { user, group = '' } = spec;
    const subject = user === undefined ? `g/${group}` : `u/${user}`;
    const subjects = this.#bound.get(cluster) ?? new Map<string, number>();
    const count = (subjects.get(subject) ?? 0) + by;
    if (count > 0) subjects.set(subject, count);
    else subjects.delete(subject);
    if (subjects.size > 0) this.#bound.set(cluster, subjects);
    else this.#bound.delete(cluster);
  }
}
