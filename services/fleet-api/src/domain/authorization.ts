import type { ApiObject, Decision, ResourceAttributes, Verb } from '@drover/apiserver';
import { adminGroup, resources, type Token } from '@drover/contracts';

/** Who calls the hub's API. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Whether the caller is a global administrator of the hub. */
export const isAdmin = (caller: Caller): boolean => caller.groups.includes(adminGroup);

const reading: readonly Verb[] = ['get', 'list', 'watch'];

/**
 * Who may do what on the hub's objects, until roles are bound on the hub: administrators everything; everybody sees the
 * clusters, himself, and his own tokens, which he may also delete. All else is denied.
 */
export function decide(caller: Caller, { verb, resource, subresource }: ResourceAttributes): Decision {
  if (isAdmin(caller)) return { allowed: true };
  if (subresource !== undefined && !reading.includes(verb)) return { allowed: false };
  if (resource === resources.clusters && reading.includes(verb)) return { allowed: true };
  if (resource === resources.users && reading.includes(verb)) {
    return { allowed: true, only: object => object.metadata.name === caller.user };
  }
  if (resource === resources.tokens && (reading.includes(verb) || verb === 'delete')) {
    return { allowed: true, only: object => isToken(object) && object.spec.user === caller.user };
  }
  return { allowed: false };
}

const isToken = (object: ApiObject): object is Token => object.kind === 'Token';
