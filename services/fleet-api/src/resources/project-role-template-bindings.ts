import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type ProjectRoleTemplateBinding, projectRoleTemplateBindingKind } from '@drover/contracts';
import { checkSubject, checkUnchanged, holder } from './binding-checks.ts';

/** `kubectl get projectroletemplatebindings -n CLUSTER` */
export const projectRoleTemplateBindings: ResourceType<ProjectRoleTemplateBinding> = {
  ...projectRoleTemplateBindingKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Project',
      type: 'string',
      description: 'The project.',
      jsonPath: '.spec.project',
      cell: binding => binding.spec.project,
    },
    {
      name: 'Role',
      type: 'string',
      description: 'The role template.',
      jsonPath: '.spec.roleTemplate',
      cell: binding => binding.spec.roleTemplate,
    },
    { name: 'Holder', type: 'string', description: 'Who holds it.', cell: binding => holder(binding.spec) },
  ],
  validate: (binding, old) => [
    ...checkSubject(binding.spec),
    ...checkUnchanged(binding, old, ['project', 'roleTemplate', 'user', 'group']),
  ],
};
