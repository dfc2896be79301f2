import { fieldErrors, invalid, type Registry } from '@drover/apiserver';
import { type AuthProvider, groupsOf } from '@drover/contracts';
import type { Caller } from '../domain/authorization.ts';
import { authProviders, users } from '../resources/index.ts';
import type { Escalation } from './escalation.ts';

/**
 * Whoever says which JWT becomes a user, or who signs it, can act as that user: so he must have the user's rights, as for a
 * token of his. The user must be there: a rule must not wait for one who will have more. Throws `forbidden`, `invalid`.
 */
export function requireWorkloadRights(
  { registry, escalation }: { readonly registry: Registry; readonly escalation: Escalation },
  caller: Caller,
  { metadata, spec }: AuthProvider,
  old: AuthProvider | undefined,
): void {
  const said = ({ workload, enabled }: AuthProvider['spec']): string => JSON.stringify([workload, enabled ?? false]);
  if (spec.workload === undefined || (old !== undefined && said(spec) === said(old.spec))) return;
  // Switching off gives nobody anything.
  if (old !== undefined && said({ ...spec, enabled: true }) === said({ ...old.spec, enabled: true }) && !spec.enabled)
    return;
  for (const [index, { user: name }] of spec.workload.rules.entries()) {
    const user = registry.find(users, name);
    if (user === undefined) {
      throw invalid(authProviders, metadata.name, [fieldErrors.notFound(`spec.workload.rules[${index}].user`, name)]);
    }
    const giving = { type: authProviders, name: metadata.name };
    if (name !== caller.user) escalation.requireRightsOf(caller, giving, { user: name, groups: groupsOf(user) });
  }
}
