import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type ClusterRoleTemplateBinding, clusterRoleTemplateBindingKind } from '@drover/contracts';
import { checkSubject, checkUnchanged, holder } from './binding-checks.ts';

/** `kubectl get clusterroletemplatebindings -n CLUSTER` */
export const clusterRoleTemplateBindings: ResourceType<ClusterRoleTemplateBinding> = {
  ...clusterRoleTemplateBindingKind,
  verbs: allVerbs,
  columns: [
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
    ...checkUnchanged(binding, old, ['roleTemplate', 'user', 'group']),
  ],
};
