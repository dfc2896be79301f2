import type { KindDeclaration, ObjectOf } from '../kind.ts';
import { bindingSubject } from './binding-subject.ts';

export const clusterRoleTemplateBindingKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'ClusterRoleTemplateBinding',
  plural: 'clusterroletemplatebindings',
  singular: 'clusterroletemplatebinding',
  shortNames: ['crtb'],
  categories: ['drover'],
  namespaced: true,
  description: 'Gives a user or a group a role in the cluster whose name the namespace has.',
  status: false,
  required: ['spec'],
  selectableFields: ['spec.roleTemplate', 'spec.user', 'spec.group'],
  fields: {
    spec: {
      type: 'object',
      description: 'Who holds which role. It cannot be changed: delete the binding and make another.',
      required: ['roleTemplate'],
      properties: {
        roleTemplate: { type: 'string', minLength: 1, description: 'The name of a role template for clusters.' },
        ...bindingSubject,
      },
    },
  },
} as const satisfies KindDeclaration;

/** Gives a user or a group a role in the cluster whose name the namespace has. */
export interface ClusterRoleTemplateBinding extends ObjectOf<typeof clusterRoleTemplateBindingKind> {}
