import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const userKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'User',
  plural: 'users',
  singular: 'user',
  shortNames: [],
  categories: ['drover'],
  namespaced: false,
  description: 'A person or a program that the hub knows.',
  status: false,
  fields: {
    spec: {
      type: 'object',
      description: 'What is known of the user.',
      default: {},
      properties: {
        displayName: { type: 'string', maxLength: 253, description: 'A name for people.' },
        groups: {
          type: 'array',
          maxItems: 512,
          items: { type: 'string', maxLength: 253 },
          'x-kubernetes-list-type': 'set',
          description: 'Groups without prefix; members of `admins` administer the hub and every cluster.',
        },
        disabled: { type: 'boolean', description: 'A disabled user is refused everywhere.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** A person or a program that the hub knows. Group names have no prefix; `admins` are the hub's global administrators. */
export interface User extends ObjectOf<typeof userKind> {}
