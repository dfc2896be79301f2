import { adminGroup, groupsOf, originalUserExtra, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';

/** As whom a request is made in the cluster. */
export interface DownstreamIdentity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The caller as clusters know him: names with the hub's prefix, so that they collide with nobody else's. */
export const ownIdentity = (user: User, prefix: string): DownstreamIdentity => ({
  user: prefix + user.metadata.name,
  groups: groupsOf(user).map(group => prefix + group),
  extra: {},
});

/**
 * The identity that `Impersonate-*` headers ask for (T1). Until hub roles name the verb `impersonate`, the hub's global
 * administrators hold it. Who really asks travels as an extra. `system:` names are refused, since agents refuse them.
 */
export function impersonatedIdentity(
  caller: User,
  prefix: string,
  headers: readonly (readonly [name: string, value: string])[],
): DownstreamIdentity {
  if (!caller.spec.groups?.includes(adminGroup)) {
    throw new DroverError(
      'impersonation-forbidden',
      `user ${JSON.stringify(caller.metadata.name)} may not impersonate through the hub`,
    );
  }
  let user: string | undefined;
  const groups: string[] = [];
  for (const [name, value] of headers) {
    if (name === 'impersonate-user' && user === undefined) user = value;
    else if (name === 'impersonate-group') groups.push(value);
    else throw new DroverError('bad-request', `${name} cannot be used through the hub: only one user, and groups`);
  }
  if (user === undefined || user === '')
    throw new DroverError('bad-request', 'groups can only be impersonated together with a user');
  const system = [user, ...groups].find(name => name.startsWith('system:'));
  if (system !== undefined)
    throw new DroverError(
      'impersonation-forbidden',
      `${JSON.stringify(system)} cannot be impersonated through the hub`,
    );
  return { user, groups, extra: { [originalUserExtra]: [prefix + caller.metadata.name] } };
}
