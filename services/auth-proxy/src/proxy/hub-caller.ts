import { DroverError } from '@drover/errors';
import type { Assertions } from '../access/assertions.ts';
import type { Caller } from '../access/authenticator.ts';
import type { Impersonation } from '../adapters/hub-api.ts';
import type { HubCaller } from './request-audit.ts';

/** The audience of assertions for the hub's own API: no cluster's uid. */
export const hubAudience = 'hub';
/** The extra that names the token, so that a caller can end his own session. */
const tokenExtra = 'drover.dev/token';

/** Who asks, as fleet-api is told: signed, and reused while it lives. */
export function hubAssertion(assertions: Assertions, caller: Caller): string | Promise<string> {
  const { user, token } = caller;
  return assertions.of(caller, hubAudience, '', () => ({
    user: user.metadata.name,
    groups: user.spec.groups ?? [],
    extra: { [tokenExtra]: [token.metadata.name] },
  }));
}

/** Throws `forbidden` where the token is for clusters only. */
export function requireHubToken({ token }: Caller): void {
  if (token.spec.clusters === undefined) return;
  throw new DroverError('forbidden', 'this token is for clusters, not for the hub’s own API');
}

/** Whom the audit names. Whether the caller may act as another, fleet-api decides, by the roles that it alone knows. */
export function hubCaller({ user, token }: Caller, impersonation: Impersonation | undefined): HubCaller {
  const name = user.metadata.name;
  const own = { user: name, groups: user.spec.groups ?? [], token: token.metadata.name };
  if (impersonation === undefined) return own;
  const valuesOf = (header: string): string[] =>
    impersonation.filter(([one]) => one === header).map(([, value]) => value);
  const [acted = name] = valuesOf('impersonate-user');
  return { ...own, user: acted, groups: valuesOf('impersonate-group'), originalUser: name };
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether the method changes nothing: what may last, a watch, is such a request. */
export const isReading = (method: string): boolean => reading.has(method);
