import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const tokenKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Token',
  plural: 'tokens',
  singular: 'token',
  shortNames: [],
  categories: ['drover'],
  namespaced: false,
  description: 'A bearer token. Deleting it ends its use within a second.',
  status: true,
  required: ['spec'],
  hidden: ['hash', 'previousHash', 'previousUntil'],
  selectableFields: ['spec.user'],
  fields: {
    spec: {
      type: 'object',
      description: 'What the token is good for.',
      default: {},
      required: ['user'],
      properties: {
        user: { type: 'string', default: '', description: 'Whose token it is; empty: of who makes it.' },
        description: { type: 'string', description: 'What it is for.' },
        expiresAt: {
          type: 'string',
          format: 'date-time',
          description: 'When it ends; absent: in 90 days, or sooner where the hub’s Setting token-max-ttl says so.',
        },
        provider: {
          type: 'string',
          description: 'The AuthProvider at which its maker signed in. The hub says it; disabled, it ends the token.',
        },
        clusters: {
          type: 'array',
          items: { type: 'string' },
          'x-kubernetes-list-type': 'set',
          description: 'The clusters that it is good for; absent: all, and the hub.',
        },
      },
    },
    status: {
      type: 'object',
      description: 'What the hub says of the token. It writes it, and nobody else.',
      properties: {
        lastUsed: { type: 'string', format: 'date-time', description: 'When it was last used, to some minutes.' },
        rotatedAt: { type: 'string', format: 'date-time', description: 'When it was last given another secret.' },
        token: { type: 'string', description: 'The bearer token; in the answer to its creation, and never again.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** A bearer token `drv_<metadata.name>_<secret>`; the hub keeps only the SHA-256 of the whole token, hex, in `hash`. */
export interface Token extends Omit<ObjectOf<typeof tokenKind>, 'previousHash' | 'previousUntil'> {
  /** The hash before the last rotation, good until {@link previousUntil} (RFC 3339). */
  previousHash?: string;
  previousUntil?: string;
}
