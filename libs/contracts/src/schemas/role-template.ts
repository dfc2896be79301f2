import type { KindDeclaration, ObjectOf } from '../kind.ts';
import { policyRules } from './policy-rules.ts';

export const roleTemplateKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'RoleTemplate',
  plural: 'roletemplates',
  singular: 'roletemplate',
  shortNames: ['rt'],
  categories: ['drover'],
  namespaced: false,
  description: 'What its holders may do in a cluster, or in a project of one.',
  status: false,
  required: ['spec'],
  selectableFields: ['spec.context', 'spec.builtin', 'spec.locked'],
  fields: {
    spec: {
      type: 'object',
      description: 'The role.',
      required: ['context'],
      properties: {
        displayName: { type: 'string', maxLength: 253, description: 'A name for people.' },
        description: { type: 'string', maxLength: 4096, description: 'What the role is for.' },
        context: {
          type: 'string',
          enum: ['cluster', 'project'],
          description: 'Whether it is bound in a cluster or in a project. It cannot be changed.',
        },
        rules: policyRules,
        roleTemplateNames: {
          type: 'array',
          description: 'Role templates whose rules holders of this one have too.',
          maxItems: 64,
          items: { type: 'string', minLength: 1, maxLength: 253 },
          'x-kubernetes-list-type': 'set',
        },
        external: {
          type: 'boolean',
          description: 'Clusters have a ClusterRole of this name already, and its rules count there.',
        },
        locked: { type: 'boolean', description: 'No new binding may name it; those that are there stay.' },
        creatorDefault: {
          type: 'boolean',
          description: 'Meant for who makes a cluster (or a project). Not acted on yet.',
        },
        builtin: { type: 'boolean', description: 'Made by the hub, which sets it back when it is changed or deleted.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** What its holders may do in a cluster, or in a project of one. */
export interface RoleTemplate extends ObjectOf<typeof roleTemplateKind> {}
