import { column, textAt } from './fields.ts';
import { kindsOf, type LooseKind, type LooseObject } from './loose-kind.ts';
import { messages } from './messages.ts';

const rbac = kindsOf('rbac.authorization.k8s.io');
const cluster = { namespaced: false } as const;
const role = { fields: ['rules', 'aggregationRule'], message: messages.clusterRole } as const;
const binding = {
  message: messages.binding,
  fields: ['roleRef', 'subjects'],
  columns: [
    column('Role', (object: LooseObject) => `${textAt(object, 'roleRef.kind')}/${textAt(object, 'roleRef.name')}`),
  ],
} as const satisfies Partial<LooseKind>;

export const clusterRoles = rbac({
  ...{ ...cluster, ...role, kind: 'ClusterRole', plural: 'clusterroles' },
  description: 'What may be done; it counts, as in Kubernetes.',
});
export const roles = rbac({ ...role, kind: 'Role', plural: 'roles', description: 'What may be done in a namespace.' });
export const clusterRoleBindings = rbac({
  ...{ ...cluster, ...binding, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings' },
  description: 'Who may do what everywhere.',
});
export const roleBindings = rbac({
  ...{ ...binding, kind: 'RoleBinding', plural: 'rolebindings' },
  description: 'Who may do what in a namespace.',
});
