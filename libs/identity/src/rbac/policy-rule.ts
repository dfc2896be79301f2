/** A rule of a role, as `rbac.authorization.k8s.io/v1 PolicyRule`. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  /** `''` is the core group. */
  readonly apiGroups?: readonly string[];
  /** `pods`, `pods/exec`, `*` and a slash and `scale` for that subresource of every resource, or `*` for everything. */
  readonly resources?: readonly string[];
  /** Empty or absent: every object, and what has no name yet. */
  readonly resourceNames?: readonly string[];
  /** Paths that are no object's; one that ends with `*` stands for all that begin so. */
  readonly nonResourceURLs?: readonly string[];
}

/** A request on objects, as a rule judges it. */
export interface ResourceAccess {
  readonly verb: string;
  readonly group: string;
  /** The plural. */
  readonly resource: string;
  readonly subresource?: string | undefined;
  /** Absent: a collection, or an object that is yet to be made. */
  readonly name?: string | undefined;
}

/** A request on a path that is no object's; `verb` is the method in lower case. */
export interface PathAccess {
  readonly verb: string;
  readonly path: string;
}

/** Whether a list names `value`, or everything. */
const names = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes('*'));

/** Whether a rule allows a request on objects. */
export const allowsResource = (rule: PolicyRule, access: ResourceAccess): boolean =>
  coversResource(rule, access) && namesObject(rule, access.name);

/** Whether a rule allows it on some objects at least: its resourceNames are left aside. */
export const coversResource = (rule: PolicyRule, { verb, group, resource, subresource }: ResourceAccess): boolean =>
  names(rule.verbs, verb) && names(rule.apiGroups, group) && matchesResource(rule.resources, resource, subresource);

/** Whether the rule's resourceNames hold the name; without any they hold all. */
const namesObject = ({ resourceNames = [] }: PolicyRule, name: string | undefined): boolean =>
  resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));

/**
 * A plain name stands for the resource and none of its subresources; `*` for every resource with its subresources; `*`, a
 * slash and a subresource's name for that subresource of every resource.
 */
function matchesResource(
  list: readonly string[] | undefined,
  resource: string,
  subresource: string | undefined,
): boolean {
  if (list === undefined) return false;
  if (list.includes('*')) return true;
  if (subresource === undefined || subresource === '') return list.includes(resource);
  return list.includes(`${resource}/${subresource}`) || list.includes(`*/${subresource}`);
}

/** Whether a rule allows a request on a path. */
export const allowsPath = (rule: PolicyRule, { verb, path }: PathAccess): boolean =>
  names(rule.verbs, verb) && (rule.nonResourceURLs ?? []).some(pattern => matchesPath(pattern, path));

/** Whether a pattern stands for a path (or for a whole other pattern, where that is given as a path). */
export const matchesPath = (pattern: string, path: string): boolean =>
  pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1).replace(/\*+$/, '')));
