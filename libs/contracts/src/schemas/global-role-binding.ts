import type { KindDeclaration, ObjectOf } from '../kind.ts';
import { bindingSubject } from './binding-subject.ts';

export const globalRoleBindingKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'GlobalRoleBinding',
  plural: 'globalrolebindings',
  singular: 'globalrolebinding',
  shortNames: ['grb'],
  categories: ['drover'],
  namespaced: false,
  description: 'Gives a user or a group a global role.',
  status: false,
  required: ['spec'],
  selectableFields: ['spec.globalRole', 'spec.user', 'spec.group'],
  fields: {
    spec: {
      type: 'object',
      description: 'Who holds which role. It cannot be changed: delete the binding and make another.',
      required: ['globalRole'],
      properties: {
        globalRole: { type: 'string', minLength: 1, description: 'The name of the global role.' },
        ...bindingSubject,
      },
    },
  },
} as const satisfies KindDeclaration;

/** Gives a user or a group a global role. */
export interface GlobalRoleBinding extends ObjectOf<typeof globalRoleBindingKind> {}
