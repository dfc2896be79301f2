import type { ApiObject, Decision, ResourceAttributes, Selector } from '@drover/apiserver';
import type { Token } from '@drover/contracts';
import type { Grants, Holder } from '@drover/identity';

/** Who calls the hub's API. `groups` are all that count: the caller's own, and those of everybody who is known. */
export interface Caller extends Holder {
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Who really asks, where it is somebody else. */
  readonly impersonatedBy?: string;
}

const group = 'drover.dev';
const collections: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);
const ownVerbs: Readonly<Record<string, ReadonlySet<string>>> = {
  users: new Set(['get', 'list', 'watch']),
  tokens: new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']),
};

/**
 * Whether the hub allows a request (what is not granted is denied): by what is bound to the caller on the whole hub and in
 * the namespace; on a cluster also by what is bound in it; and on the caller's own user and tokens. A list shows what the
 * caller may see, where that is not all; where it is nothing, it is refused.
 */
export function decide(grants: Grants, caller: Caller, asked: ResourceAttributes): Decision {
  const scope = scopeOf(asked);
  if (grants.allows(caller, scope, asked)) return { allowed: true };
  const parts = [
    ownObjects(caller, asked),
    namedObjects(grants, caller, scope, asked),
    objectsInNamespaces(grants, caller, asked),
    objectsOfProjects(grants, caller, asked),
  ].filter(part => part !== undefined);
  if (parts.length === 0) return { allowed: false };
  return { allowed: true, only: object => parts.some(part => part(object)) };
}

/** A cluster, and its namespace on the hub, are at home in the namespace of their name. */
export function scopeOf({
  group: asked,
  resource,
  namespace,
  name,
}: Pick<ResourceAttributes, 'group' | 'resource' | 'namespace' | 'name'>): string | undefined {
  return isHome(asked, resource) ? name : namespace;
}

const isHome = (asked: string, resource: string): boolean =>
  (asked === group && resource === 'clusters') || (asked === '' && resource === 'namespaces');

/** The caller himself, and his tokens. */
function ownObjects(
  { user }: Caller,
  { group: asked, resource, subresource, verb }: ResourceAttributes,
): Selector | undefined {
  if (asked !== group || subresource !== undefined || !ownVerbs[resource]?.has(verb)) return undefined;
  if (resource === 'users') return object => object.metadata.name === user;
  return object => isToken(object) && object.spec.user === user;
}

const isToken = (object: ApiObject): object is Token => object.kind === 'Token';

/** Of a collection, the objects that rules name. */
function namedObjects(
  grants: Grants,
  caller: Caller,
  scope: string | undefined,
  asked: ResourceAttributes,
): Selector | undefined {
  if (!collections.has(asked.verb) || asked.name !== undefined) return undefined;
  const names = grants.namesAllowed(caller, scope, asked);
  return names.size === 0 ? undefined : object => names.has(object.metadata.name);
}

/** Of all namespaces (or clusters), those in which the caller may do it. */
function objectsInNamespaces(grants: Grants, caller: Caller, asked: ResourceAttributes): Selector | undefined {
  const { verb, namespace, name, group: of, resource } = asked;
  if (!collections.has(verb) || namespace !== undefined || name !== undefined) return undefined;
  const scopes = grants.namespacesOf(caller).map(one => one.namespace);
  const allowed = new Set(scopes.filter(scope => !scope.includes('/') && grants.allows(caller, scope, asked)));
  if (allowed.size === 0) return undefined;
  return isHome(of, resource)
    ? object => allowed.has(object.metadata.name)
    : object => allowed.has(object.metadata.namespace ?? '');
}

/** Of projects and their bindings, those in which the caller may do it by a role in the project. */
function objectsOfProjects(grants: Grants, caller: Caller, asked: ResourceAttributes): Selector | undefined {
  const { group: of, resource, namespace } = asked;
  const isProject = resource === 'projects';
  if (of !== group || !(isProject || resource === 'projectroletemplatebindings')) return undefined;
  // A project's role is no right to make further projects.
  if (isProject && asked.verb === 'create') return undefined;
  const scopes = grants
    .namespacesOf(caller)
    .map(one => one.namespace)
    .filter(scope => scope.includes('/') && (namespace === undefined || scope.startsWith(`${namespace}/`)))
    .filter(scope => grants.allows(caller, scope, asked));
  if (scopes.length === 0) return undefined;
  const allowed = new Set(scopes);
  return object => allowed.has(`${object.metadata.namespace ?? ''}/${projectOf(object) ?? ''}`);
}

function projectOf(object: ApiObject): string | undefined {
  if (object.kind === 'Project') return object.metadata.name;
  const spec: unknown = 'spec' in object ? object.spec : undefined;
  const project: unknown = typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'project') : undefined;
  return typeof project === 'string' ? project : undefined;
}
