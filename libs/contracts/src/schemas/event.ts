import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const eventKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: [],
  categories: ['drover'],
  namespaced: true,
  description: 'Something that happened to an object of the hub, in the namespace of its cluster.',
  status: false,
  required: ['spec'],
  selectableFields: ['spec.type', 'spec.reason', 'spec.regarding.kind', 'spec.regarding.name'],
  fields: {
    spec: {
      type: 'object',
      description: 'What happened.',
      required: ['type', 'reason', 'regarding'],
      properties: {
        type: { type: 'string', enum: ['Normal', 'Warning'], description: 'Whether anybody should look.' },
        reason: {
          type: 'string',
          maxLength: 128,
          description: 'What happened, as one word in CamelCase, for programs.',
        },
        message: { type: 'string', maxLength: 1024, description: 'What happened, for people.' },
        regarding: {
          type: 'object',
          description: 'The object that it happened to.',
          required: ['kind', 'name'],
          properties: {
            kind: { type: 'string', maxLength: 253, description: 'Its kind.' },
            name: { type: 'string', maxLength: 253, description: 'Its name.' },
            uid: { type: 'string', maxLength: 253, description: 'Its uid.' },
          },
        },
        reportedBy: { type: 'string', maxLength: 253, description: 'The program that says so.' },
        count: { type: 'integer', minimum: 1, description: 'How often it happened.' },
        lastSeen: { type: 'string', format: 'date-time', description: 'When it happened last.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** Something that happened to an object of the hub, in the namespace of its cluster. */
export interface Event extends ObjectOf<typeof eventKind> {}
