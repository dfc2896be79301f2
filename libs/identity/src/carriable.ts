import { DroverError } from '@drover/errors';

/** What an identity may hold: all of it travels in request headers, which kube-apiserver bounds at 1 MiB. */
export const identityLimits = Object.freeze({ maxNameBytes: 1024, maxGroups: 512, maxGroupsBytes: 48 * 1024 });

/** Visible ASCII and inner spaces; no comma, which joins header values. */
const carriable = /^[!-+\--~]([ -+\--~]*[!-+\--~])?$/;

/**
 * Checks that names arrive in the cluster exactly as they are (T4): Kubernetes decodes extra keys only, so a user or
 * group name that a header cannot carry unchanged is refused, and a list that is too long is refused whole, never cut.
 *
 * @throws DroverError `identity-unsafe`
 */
export function checkCarriable(user: string, groups: readonly string[]): void {
  let bytes = 0;
  if (groups.length > identityLimits.maxGroups) {
    throw new DroverError(
      'identity-unsafe',
      `${groups.length} groups are more than the ${identityLimits.maxGroups} that a request can carry`,
    );
  }
  for (const name of [user, ...groups]) {
    if (name.length > identityLimits.maxNameBytes || !carriable.test(name)) {
      throw new DroverError(
        'identity-unsafe',
        `the name ${JSON.stringify(name.slice(0, 80))} cannot be carried in a header unchanged`,
      );
    }
    bytes += name.length;
  }
  if (bytes > identityLimits.maxGroupsBytes) {
    throw new DroverError(
      'identity-unsafe',
      `the groups take ${bytes} bytes, more than the ${identityLimits.maxGroupsBytes} that a request can carry`,
    );
  }
}

/** Whether Kubernetes reserves the name: such ones never come from the hub (T4). */
export const isSystemName = (name: string): boolean => name.toLowerCase().startsWith('system:');
