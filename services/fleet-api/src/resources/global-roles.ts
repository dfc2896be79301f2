import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type GlobalRole, globalRoleKind } from '@drover/contracts';
import { checkRules } from './rule-checks.ts';

/** `kubectl get globalroles` */
export const globalRoles: ResourceType<GlobalRole> = {
  ...globalRoleKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Display Name',
      type: 'string',
      description: 'A name for people.',
      jsonPath: '.spec.displayName',
      cell: role => role.spec.displayName ?? '',
    },
    {
      name: 'Built In',
      type: 'boolean',
      description: 'Whether the hub made it.',
      jsonPath: '.spec.builtin',
      cell: role => role.spec.builtin ?? false,
    },
  ],
  validate: role => checkRules(role.spec.rules),
};
