import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const identityKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Identity',
  plural: 'identities',
  singular: 'identity',
  shortNames: [],
  namespaced: false,
  description: 'Whom a subject of a provider is on the hub. Kept, and never served.',
  status: false,
  required: ['spec'],
  fields: {
    spec: {
      type: 'object',
      description: 'The subject and the user.',
      required: ['provider', 'providerUid', 'subject', 'user', 'userUid'],
      properties: {
        provider: { type: 'string', description: 'The AuthProvider.' },
        providerUid: { type: 'string', description: 'Its uid: another provider of the name knows other people.' },
        subject: { type: 'string', description: 'The subject there.' },
        user: { type: 'string', description: 'The User.' },
        userUid: { type: 'string', description: 'Its uid: another user of the name is somebody else.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/**
 * Whom a subject of a provider is on the hub. Its name is a hash of both, so that making one is possible once: a first
 * sign-in on several replicas makes one user.
 */
export interface Identity extends ObjectOf<typeof identityKind> {}
