import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const endedSessionKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'EndedSession',
  plural: 'endedsessions',
  singular: 'endedsession',
  shortNames: [],
  namespaced: false,
  description: 'A session that has ended before its time, under its id. Kept, and never served.',
  status: false,
  required: ['spec'],
  fields: {
    spec: {
      type: 'object',
      description: 'The session.',
      required: ['user', 'endsAt'],
      properties: {
        user: { type: 'string', description: 'Whose it was.' },
        endsAt: {
          type: 'string',
          format: 'date-time',
          description: 'When the last of its credentials expires by itself: from then on this is of no more use.',
        },
      },
    },
  },
} as const satisfies KindDeclaration;

/**
 * A session that was ended: its credentials, which are verified without a look at any store, are refused while this is
 * there. The name is the session's id.
 */
export interface EndedSession extends ObjectOf<typeof endedSessionKind> {}
