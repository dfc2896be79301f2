import type { KindDeclaration, ObjectOf } from '../kind.ts';
import type { Schema } from '../schema.ts';

const identity = {
  type: 'object',
  required: ['provider', 'subject', 'username'],
  properties: {
    provider: { type: 'string', description: 'The AuthProvider.' },
    subject: { type: 'string', description: 'Who it is there, for ever; no name that could be given to another.' },
    username: { type: 'string', description: 'The name there.' },
    displayName: { type: 'string', description: 'A name for people.' },
    email: { type: 'string', description: 'The e-mail address, as the provider tells it. It decides nothing.' },
    groups: {
      type: 'array',
      items: { type: 'string' },
      'x-kubernetes-list-type': 'atomic',
      description: 'The groups there, without the provider’s name.',
    },
    refreshedAt: { type: 'string', format: 'date-time', description: 'When the provider was last asked.' },
  },
} as const satisfies Schema;

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
  status: true,
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
        credentialsNotBefore: {
          type: 'string',
          format: 'date-time',
          description: 'Tokens and sessions that began before are refused; `drover revoke --user` sets it to now.',
        },
      },
    },
    status: {
      type: 'object',
      description: 'What providers say of the user. The hub writes it, and nobody else.',
      properties: {
        groups: {
          type: 'array',
          items: { type: 'string', maxLength: 253 },
          'x-kubernetes-list-type': 'set',
          description: 'Groups that providers give, each as `<provider>:<group>`. They count beside those of `spec`.',
        },
        identities: {
          type: 'array',
          items: identity,
          'x-kubernetes-list-type': 'atomic',
          description: 'Whom providers say the user is.',
        },
        lastLogin: { type: 'string', format: 'date-time', description: 'When the user last signed in.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** A person or a program that the hub knows. Group names have no prefix; `admins` are the hub's global administrators. */
export interface User extends ObjectOf<typeof userKind> {}
