import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const settingKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Setting',
  plural: 'settings',
  singular: 'setting',
  shortNames: [],
  categories: ['drover'],
  namespaced: false,
  description: 'One setting of the hub.',
  status: false,
  required: ['spec'],
  fields: {
    spec: {
      type: 'object',
      description: 'What is set.',
      required: ['value'],
      properties: {
        value: { type: 'string', maxLength: 65_536, description: 'The value.' },
        description: { type: 'string', maxLength: 4096, description: 'What the setting does.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** One setting of the hub. */
export interface Setting extends ObjectOf<typeof settingKind> {}
