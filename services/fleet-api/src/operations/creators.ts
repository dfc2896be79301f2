import type { ApiObject, Registry } from '@drover/apiserver';
import type { RoleTemplate } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Holder } from '@drover/identity';
import {
  clusterRoleTemplateBindings,
  newObject,
  projectRoleTemplateBindings,
  roleTemplates,
  users,
} from '../resources/index.ts';

/** What whoever makes a cluster or a project gets: the role templates that are `creatorDefault`, at first the owner's. */
export class Creators {
  readonly #registry: Registry;
  readonly #mayEverything: (holder: Holder) => boolean;

  constructor(registry: Registry, mayEverything: (holder: Holder) => boolean) {
    this.#registry = registry;
    this.#mayEverything = mayEverything;
  }

  /** Binds the maker of a new cluster to its templates. Throws what the store throws. */
  async ofCluster(cluster: string, maker: Holder): Promise<void> {
    for (const { metadata } of this.#defaults('cluster', maker)) {
      const name = `creator-${metadata.name}`;
      await this.#bind(() =>
        this.#registry.create(clusterRoleTemplateBindings, {
          ...inNamespace(newObject('ClusterRoleTemplateBinding', name), cluster),
          spec: { roleTemplate: metadata.name, user: maker.user },
        }),
      );
    }
  }

  /** Binds the maker of a new project of a cluster to its templates. Throws what the store throws. */
  async ofProject(cluster: string, project: string, maker: Holder): Promise<void> {
    for (const { metadata } of this.#defaults('project', maker)) {
      const name = `${project}-creator-${metadata.name}`;
      await this.#bind(() =>
        this.#registry.create(projectRoleTemplateBindings, {
          ...inNamespace(newObject('ProjectRoleTemplateBinding', name), cluster),
          spec: { project, roleTemplate: metadata.name, user: maker.user },
        }),
      );
    }
  }

  /** None for a name that is no user's: whoever took it later would inherit them. An administrator has everything already. */
  #defaults(context: 'cluster' | 'project', maker: Holder): RoleTemplate[] {
    if (this.#registry.find(users, maker.user) === undefined || this.#mayEverything(maker)) return [];
    return this.#registry
      .list(roleTemplates)
      .filter(({ spec }) => spec.context === context && spec.creatorDefault === true && spec.locked !== true);
  }

  /** A binding of that name that is there already is somebody's decision. */
  async #bind(create: () => Promise<ApiObject>): Promise<void> {
    try {
      await create();
    } catch (error) {
      if (DroverError.from(error).code !== 'already-exists') throw error;
    }
  }
}

const inNamespace = <T extends ApiObject>(object: T, namespace: string): T => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});
