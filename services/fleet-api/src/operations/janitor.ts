import type { ApiObject, Registry, ResourceType } from '@drover/apiserver';
import { type Clock, every } from '@drover/async';
import type { Cluster, Project, Token, User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { isPast } from '../domain/timestamp.ts';
import {
  allResources,
  clusterRoleTemplateBindings,
  clusters,
  events,
  globalRoleBindings,
  joinTokens,
  passwords,
  projectRoleTemplateBindings,
  projects,
  tokens,
  users,
} from '../resources/index.ts';

type RoleBinding = ApiObject & { spec: { user?: string } };

/** Between two sweeps. */
const sweepPeriodMs = 10 * 60_000;
/** An expired token is kept for a day, so that its holder is told that it expired, and not that it is unknown. */
const keepExpiredMs = 24 * 3600_000;
/** So long after it happened last an Event is kept. */
const keepEventMs = 24 * 3600_000;

/** What signs people in keeps things of its own. */
export interface Logins {
  sweep(): Promise<void>;
  userGone(user: string): Promise<void>;
}

/** Removes what belongs to users, clusters and projects that are gone, and what has expired. */
export class Janitor {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #logins: Logins;
  #cancel: () => void = () => {};

  constructor(registry: Registry, clock: Clock, logger: Logger, logins: Logins) {
    this.#logins = logins;
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
    // Before, so that a crash in between leaves an owner with nothing and not things without an owner, which a later
    // owner of the same name would inherit; and after, for what was made meanwhile.
    const userGone = (user: User): Promise<void> => this.#userGone(user.metadata.name);
    const clusterGone = (cluster: Cluster): Promise<void> => this.#clusterGone(cluster.metadata.name);
    registry.hook(users, { beforeDelete: userGone, afterDelete: userGone });
    registry.hook(clusters, { beforeDelete: clusterGone, afterDelete: clusterGone });
    const projectGone = (project: Project): Promise<void> => this.#projectGone(project.metadata);
    registry.hook(projects, { beforeDelete: projectGone, afterDelete: projectGone });
  }

  /** Sweeps now, and from then on every ten minutes. */
  async start(): Promise<void> {
    this.#cancel = every(this.#clock, sweepPeriodMs, () => {
      this.sweep().catch(error =>
        this.#logger.warn({ err: error }, 'the sweep of expired tokens failed; it is tried again'),
      );
    });
    await this.sweep();
  }

  close(): void {
    this.#cancel();
  }

  /** One sweep: what has expired, and what an earlier process left that ended in the middle of a deletion. */
  async sweep(): Promise<void> {
    const userNames = new Set(this.#registry.list(users).map(({ metadata }) => metadata.name));
    const clusterUids = new Set(this.#registry.list(clusters).map(({ metadata }) => metadata.uid));
    const longAgo = this.#clock.now() - keepExpiredMs;
    for (const { metadata, spec } of this.#registry.list(tokens)) {
      const expired = spec.expiresAt !== undefined && isPast(spec.expiresAt, longAgo);
      if (expired || !userNames.has(spec.user)) await this.#remove(tokens, metadata.name);
    }
    for (const { metadata, spec } of this.#registry.list(joinTokens)) {
      if (isPast(spec.expiresAt, longAgo) || !clusterUids.has(spec.clusterUid))
        await this.#remove(joinTokens, metadata.name);
    }
    for (const { metadata, spec } of this.#registry.list(events)) {
      const { name, namespace } = metadata;
      if (isPast(spec.lastSeen ?? metadata.creationTimestamp, this.#clock.now() - keepEventMs))
        await this.#remove(events, name, namespace);
    }
    for (const { metadata } of this.#registry.list(passwords)) {
      if (!userNames.has(metadata.name)) await this.#remove(passwords, metadata.name);
    }
    await this.#logins.sweep();
  }

  async #userGone(name: string): Promise<void> {
    const owned = this.#registry.list(tokens).filter(({ spec }) => spec.user === name);
    for (const { metadata } of owned) await this.#remove(tokens, metadata.name);
    if (this.#registry.find(passwords, name) !== undefined) await this.#remove(passwords, name);
    await this.#logins.userGone(name);
    for (const type of [globalRoleBindings, clusterRoleTemplateBindings, projectRoleTemplateBindings] as const)
      for (const { metadata, spec } of this.#registry.list<RoleBinding>(type as ResourceType<RoleBinding>))
        if (spec.user === name) await this.#remove(type as ResourceType, metadata.name, metadata.namespace);
  }

  async #clusterGone(name: string): Promise<void> {
    const joining = this.#registry.list(joinTokens).filter(({ spec }) => spec.cluster === name);
    for (const { metadata } of joining) await this.#remove(joinTokens, metadata.name);
    const limited = this.#registry.list(tokens).filter(({ spec }) => spec.clusters?.includes(name));
    for (const token of limited) await this.#withoutCluster(token, name);
    for (const type of allResources.filter(({ namespaced }) => namespaced))
      for (const { metadata } of this.#registry.list(type, name)) await this.#remove(type, metadata.name, name);
  }

  async #projectGone({ name, namespace = '' }: Project['metadata']): Promise<void> {
    for (const { metadata, spec } of this.#registry.list(projectRoleTemplateBindings, namespace))
      if (spec.project === name) await this.#remove(projectRoleTemplateBindings, metadata.name, namespace);
  }

  /** A token that was good for this cluster alone is good for nothing; an empty list must not come to mean all. */
  async #withoutCluster(token: Token, cluster: string): Promise<void> {
    const left = (token.spec.clusters ?? []).filter(name => name !== cluster);
    if (left.length === 0) return this.#remove(tokens, token.metadata.name);
    await this.#registry.update(tokens, token.metadata.name, current => ({
      ...current,
      spec: { ...current.spec, clusters: left },
    }));
  }

  /** Another replica may have been quicker. */
  async #remove(type: ResourceType, name: string, namespace?: string): Promise<void> {
    try {
      await this.#registry.delete(type, name, namespace === undefined ? {} : { namespace });
    } catch (error) {
      if (DroverError.from(error).code !== 'not-found') throw error;
    }
  }
}
