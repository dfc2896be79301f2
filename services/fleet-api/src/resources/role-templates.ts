import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type RoleTemplate, roleTemplateKind } from '@drover/contracts';
import { checkUnchanged } from './binding-checks.ts';
import { checkRules } from './rule-checks.ts';

/** `kubectl get roletemplates` */
export const roleTemplates: ResourceType<RoleTemplate> = {
  ...roleTemplateKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Context',
      type: 'string',
      description: 'Whether it is bound in a cluster or in a project.',
      jsonPath: '.spec.context',
      cell: role => role.spec.context,
    },
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
    {
      name: 'Locked',
      type: 'boolean',
      description: 'Whether no new binding may name it.',
      jsonPath: '.spec.locked',
      cell: role => role.spec.locked ?? false,
    },
  ],
  validate: (role, old) => [
    ...checkRules(role.spec.rules, role.spec.context === 'project'),
    ...checkUnchanged(role, old, ['context']),
  ],
};
