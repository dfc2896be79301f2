import { groupsOf, providerExtra, sessionExtra, tokenExtra } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Assertions } from '../access/assertions.ts';
import type { Authenticator } from '../access/authenticator.ts';
import type { Caller } from '../access/credential.ts';
import type { Impersonation } from '../adapters/hub-api.ts';
import type { TakenHeaders } from '../domain/request-headers.ts';
import { requireSameOrigin } from '../domain/same-origin.ts';
import { sessionIn } from '../domain/session-cookie.ts';
import type { IncomingCall } from './admission.ts';
import type { HubCaller } from './request-audit.ts';

/** The audience of assertions for the hub's own API: no cluster's uid. */
export const hubAudience = 'hub';

/**
 * Who asks; undefined: nobody is known. A browser whose session is no more is nobody's, since the page on which to sign in
 * again must show.
 *
 * @throws DroverError as `Authenticator.authenticate`; `forbidden`: by a browser's session, from another page
 */
export function callerOfHub(authenticator: Authenticator, call: IncomingCall, taken: TakenHeaders): Caller | undefined {
  const { authorization, cookie } = taken;
  if (authorization !== undefined) return authenticator.authenticate({ authorization });
  const sessionCookie = sessionIn(cookie);
  if (sessionCookie === undefined) return undefined;
  requireSameOrigin(call, taken);
  try {
    return authenticator.authenticate({ sessionCookie });
  } catch (error) {
    if (DroverError.from(error).entry.httpStatus === 401) return undefined;
    throw error;
  }
}

/** Who asks, as fleet-api is told: signed, and reused while it lives. */
export function hubAssertion(assertions: Assertions, caller: Caller): string | Promise<string> {
  const { user, credential } = caller;
  return assertions.of(caller, hubAudience, '', () => ({
    user: user.metadata.name,
    groups: groupsOf(user),
    // So that a caller can end his own session, and what he makes ends with his provider.
    extra: {
      [credential.kind === 'token' ? tokenExtra : sessionExtra]: [credential.id],
      [providerExtra]: [credential.provider],
    },
  }));
}

/** Throws `forbidden` where the token is for clusters only. */
export function requireHubToken({ credential }: Caller): void {
  if (credential.clusters === undefined) return;
  throw new DroverError('forbidden', 'this token is for clusters, not for the hub’s own API');
}

/** Whom the audit names. Whether the caller may act as another, fleet-api decides, by the roles that it alone knows. */
export function hubCaller({ user, credential }: Caller, impersonation: Impersonation | undefined): HubCaller {
  const name = user.metadata.name;
  const own = { user: name, groups: groupsOf(user), token: credential.id };
  if (impersonation === undefined) return own;
  const valuesOf = (header: string): string[] =>
    impersonation.filter(([one]) => one === header).map(([, value]) => value);
  const [acted = name] = valuesOf('impersonate-user');
  return { ...own, user: acted, groups: valuesOf('impersonate-group'), originalUser: name };
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether the method changes nothing: what may last, a watch, is such a request. */
export const isReading = (method: string): boolean => reading.has(method);
