import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const joinTokenKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'JoinToken',
  plural: 'jointokens',
  singular: 'jointoken',
  shortNames: [],
  categories: ['drover'],
  namespaced: false,
  description: 'A token with which an agent joins its cluster. Deleting it revokes it.',
  status: false,
  required: ['spec'],
  hidden: ['hash'],
  selectableFields: ['spec.cluster'],
  fields: {
    spec: {
      type: 'object',
      description: 'What the token is good for.',
      required: ['cluster', 'clusterUid', 'expiresAt'],
      properties: {
        cluster: { type: 'string', description: 'The cluster’s name.' },
        clusterUid: { type: 'string', description: 'The cluster’s uid; a later cluster of that name is another.' },
        expiresAt: { type: 'string', format: 'date-time', description: 'When it ends.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** A join token `drj_<metadata.name>_<secret>` of one cluster; kept like a {@link Token}. */
export interface JoinToken extends ObjectOf<typeof joinTokenKind> {}
