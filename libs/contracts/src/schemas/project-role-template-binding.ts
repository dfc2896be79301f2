import type { KindDeclaration, ObjectOf } from '../kind.ts';
import { bindingSubject } from './binding-subject.ts';

export const projectRoleTemplateBindingKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'ProjectRoleTemplateBinding',
  plural: 'projectroletemplatebindings',
  singular: 'projectroletemplatebinding',
  shortNames: ['prtb'],
  categories: ['drover'],
  namespaced: true,
  description: 'Gives a user or a group a role in a project of the cluster whose name the namespace has.',
  status: false,
  required: ['spec'],
  selectableFields: ['spec.project', 'spec.roleTemplate', 'spec.user', 'spec.group'],
  fields: {
    spec: {
      type: 'object',
      description: 'Who holds which role. It cannot be changed: delete the binding and make another.',
      required: ['project', 'roleTemplate'],
      properties: {
        project: { type: 'string', minLength: 1, description: 'The name of the project.' },
        roleTemplate: { type: 'string', minLength: 1, description: 'The name of a role template for projects.' },
        ...bindingSubject,
      },
    },
  },
} as const satisfies KindDeclaration;

/** Gives a user or a group a role in a project of the cluster whose name the namespace has. */
export interface ProjectRoleTemplateBinding extends ObjectOf<typeof projectRoleTemplateBindingKind> {}
