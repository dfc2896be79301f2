import type { KindDeclaration, ObjectOf } from '../kind.ts';
import { policyRules } from './policy-rules.ts';

export const globalRoleKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'GlobalRole',
  plural: 'globalroles',
  singular: 'globalrole',
  shortNames: ['gr'],
  categories: ['drover'],
  namespaced: false,
  description: 'What its holders may do on the hub itself.',
  status: false,
  required: ['spec'],
  selectableFields: ['spec.builtin'],
  fields: {
    spec: {
      type: 'object',
      description: 'The role.',
      required: ['rules'],
      properties: {
        displayName: { type: 'string', maxLength: 253, description: 'A name for people.' },
        description: { type: 'string', maxLength: 4096, description: 'What the role is for.' },
        rules: policyRules,
        builtin: { type: 'boolean', description: 'Made by the hub, which sets it back when it is changed or deleted.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** What its holders may do on the hub itself. */
export interface GlobalRole extends ObjectOf<typeof globalRoleKind> {}
