import type { IncomingMessage } from 'node:http';
import { agentNames } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Grants, Holder } from '@drover/identity';

/** Whom a request counts for. */
export interface Caller extends Holder {
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const authenticated = 'system:authenticated';
const extraPrefix = 'impersonate-extra-';

/** Who the agent's own credential is, as with a real cluster: it may impersonate, and nothing else. */
const agent: Caller = {
  user: `system:serviceaccount:${agentNames.namespace}:${agentNames.impersonator}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${agentNames.namespace}`, authenticated],
  extra: {},
};

/** Whom the agent acts as. Throws `forbidden` where its rights in the cluster do not reach so far. */
export function callerOf(request: IncomingMessage, grants: Grants): Caller {
  const { user, groups, extra } = impersonated(request.rawHeaders);
  if (user === undefined) {
    if (groups.length === 0) return agent;
    throw new DroverError('bad-request', 'requested groups without impersonating a user');
  }
  const require = (group: string, resource: string, name: string, subresource?: string): void => {
    if (grants.allows(agent, undefined, { verb: 'impersonate', group, resource, subresource, name })) return;
    throw new DroverError(
      'forbidden',
      `${resource} "${name}" is forbidden: User "${agent.user}" cannot impersonate resource "${resource}" in API group "${group}" at the cluster scope`,
    );
  };
  require('', 'users', user);
  for (const group of groups) require('', 'groups', group);
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) require('authentication.k8s.io', 'userextras', value, key);
  }
  return { user, groups: groups.includes(authenticated) ? groups : [...groups, authenticated], extra };
}

/** What the headers say; each group has one of its own. */
function impersonated(rawHeaders: readonly string[]) {
  let user: string | undefined;
  const groups: string[] = [];
  const extra = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    // node reads headers as Latin-1, and names may be UTF-8
    const value = Buffer.from(rawHeaders[at + 1] ?? '', 'latin1').toString('utf8');
    if (name === 'impersonate-user') user = value;
    else if (name === 'impersonate-group') groups.push(value);
    else if (name.startsWith(extraPrefix)) {
      const key = decoded(name.slice(extraPrefix.length));
      extra.set(key, [...(extra.get(key) ?? []), value]);
    }
  }
  return { user, groups, extra: Object.fromEntries(extra) };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new DroverError('bad-request', `the header ${extraPrefix}${name} is not well-formed`, { cause });
  }
}
