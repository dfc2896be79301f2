import { refusedFor } from '@drover/apiserver';
import { DroverError } from '@drover/errors';
import type { Caller } from '../domain/authorization.ts';
import { users } from '../resources/index.ts';
import { authenticatedGroup } from './built-ins.ts';
import type { Rights } from './rights.ts';

/** The header in which auth-proxy, and nobody else, tells as whom its caller wants to act: base64url of JSON. */
export const impersonationHeader = 'drover-impersonation';

/** An `Impersonate-*` header, its name in lower case. */
type Wish = readonly [name: string, value: string];

const extraPrefix = 'impersonate-extra-';

/** The caller as the one that he wants to be, where he holds the verb `impersonate` on every part of that identity (T1). */
export function impersonated(rights: Rights, caller: Caller, header: string): Caller {
  let user = '';
  const groups: string[] = [];
  const extra: Record<string, string[]> = {};
  for (const [name, value] of wishes(header)) {
    if (name === 'impersonate-user' && user === '') user = value;
    else if (name === 'impersonate-group') groups.push(value);
    else if (name.startsWith(extraPrefix)) {
      const key = decodedKey(name.slice(extraPrefix.length));
      extra[key] = [...(extra[key] ?? []), value];
    } else throw new DroverError('bad-request', `${name} cannot be used on the hub`);
  }
  if (user === '')
    throw new DroverError('bad-request', 'groups and extras can only be impersonated together with a user');
  const require = (resource: string, name: string, group = '', subresource?: string): void => {
    const may = (of: string): boolean =>
      rights.grants.allows(caller, undefined, { verb: 'impersonate', group: of, resource, subresource, name });
    if (may(group) || (group === '' && may(users.group))) return;
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    const said = `User ${JSON.stringify(caller.user)} cannot impersonate resource ${JSON.stringify(what)}`;
    const why = `${said} in API group ${JSON.stringify(group)} at the cluster scope`;
    throw refusedFor({ ...users, group, plural: resource }, name, why);
  };
  require('users', user);
  for (const group of groups) require('groups', group);
  for (const [key, values] of Object.entries(extra))
    for (const value of values) require('userextras', value, 'authentication.k8s.io', key);
  return {
    user,
    groups: groups.includes(authenticatedGroup) ? groups : [...groups, authenticatedGroup],
    extra,
    impersonatedBy: caller.user,
  };
}

function wishes(header: string): Wish[] {
  const parsed: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
  if (!Array.isArray(parsed)) throw new DroverError('bad-request', 'the impersonation cannot be read');
  return parsed.map((one: unknown): Wish => {
    const [name, value]: unknown[] = Array.isArray(one) ? one : [];
    if (typeof name === 'string' && typeof value === 'string') return [name, value];
    throw new DroverError('bad-request', 'the impersonation cannot be read');
  });
}

/** Extra keys are percent-encoded in headers, since `/` is not legal there. */
function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
