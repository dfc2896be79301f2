import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type GlobalRoleBinding, globalRoleBindingKind } from '@drover/contracts';
import { checkSubject, checkUnchanged, holder } from './binding-checks.ts';

/** `kubectl get globalrolebindings` */
export const globalRoleBindings: ResourceType<GlobalRoleBinding> = {
  ...globalRoleBindingKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Role',
      type: 'string',
      description: 'The global role.',
      jsonPath: '.spec.globalRole',
      cell: binding => binding.spec.globalRole,
    },
    { name: 'Holder', type: 'string', description: 'Who holds it.', cell: binding => holder(binding.spec) },
  ],
  validate: (binding, old) => [
    ...checkSubject(binding.spec),
    ...checkUnchanged(binding, old, ['globalRole', 'user', 'group']),
  ],
};
