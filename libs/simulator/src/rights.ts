import type { ApiObject, WatchCache } from '@drover/apiserver';
import { objects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { Grants, type PolicyRule, type Scope, type Subject } from '@drover/identity';
import { listAt, rbac, textAt } from './kinds/index.ts';

type Cursor = ReturnType<WatchCache['follow']>;

const plurals = [rbac.clusterRoles, rbac.roles, rbac.clusterRoleBindings, rbac.roleBindings].map(type => type.plural);

/** Who may do what in the cluster, by its own RBAC objects: they are few, and read again when one has changed. */
export class Rights {
  readonly #cache: WatchCache;
  #grants = new Grants();
  #cursors: readonly Cursor[] | undefined;

  constructor(cache: WatchCache) {
    this.#cache = cache;
  }

  /** The rights as they are now. */
  get grants(): Grants {
    if (this.#cursors === undefined || this.#changed(this.#cursors)) this.#load();
    return this.#grants;
  }

  #changed(cursors: readonly Cursor[]): boolean {
    try {
      return cursors.some(cursor => cursor.next() !== undefined);
    } catch (error) {
      if (DroverError.from(error).code === 'gone') return true;
      throw error;
    }
  }

  #load(): void {
    const { revision } = this.#cache;
    this.#cursors = plurals.map(plural => this.#cache.follow(plural, revision));
    this.#grants = new Grants();
    for (const object of this.#list('clusterroles')) this.#grants.setRole(roleKey(undefined, object), rulesOf(object));
    for (const object of this.#list('roles')) {
      this.#grants.setRole(roleKey(object.metadata.namespace, object), rulesOf(object));
    }
    for (const object of this.#list('clusterrolebindings')) this.#bind(object, undefined);
    for (const object of this.#list('rolebindings')) this.#bind(object, object.metadata.namespace);
  }

  #list(plural: string): ApiObject[] {
    return this.#cache.list(objects.prefix(plural)).map(({ object }) => object);
  }

  #bind(binding: ApiObject, scope: Scope): void {
    const name = textAt(binding, 'roleRef.name') ?? '';
    const role = textAt(binding, 'roleRef.kind') === 'Role' ? `r/${scope ?? ''}/${name}` : `c/${name}`;
    for (const [index, found] of listAt(binding, 'subjects').entries()) {
      const id = `${scope ?? ''}/${binding.metadata.name}/${index}`;
      this.#grants.setBinding(id, { subject: subjectOf(found), scope, role });
    }
  }
}

const roleKey = (namespace: string | undefined, { metadata }: ApiObject): string =>
  namespace === undefined ? `c/${metadata.name}` : `r/${namespace}/${metadata.name}`;

function subjectOf(found: unknown): Subject {
  const name = textAt(found, 'name') ?? '';
  switch (textAt(found, 'kind')) {
    case 'Group':
      return { kind: 'Group', name };
    case 'ServiceAccount':
      return { kind: 'User', name: `system:serviceaccount:${textAt(found, 'namespace') ?? ''}:${name}` };
    default:
      return { kind: 'User', name };
  }
}

const texts = (value: unknown, path: string): string[] =>
  listAt(value, path).filter((one): one is string => typeof one === 'string');

const rulesOf = (role: ApiObject): PolicyRule[] =>
  listAt(role, 'rules').map(rule => ({
    verbs: texts(rule, 'verbs'),
    apiGroups: texts(rule, 'apiGroups'),
    resources: texts(rule, 'resources'),
    resourceNames: texts(rule, 'resourceNames'),
    nonResourceURLs: texts(rule, 'nonResourceURLs'),
  }));
