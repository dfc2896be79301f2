import type { Schema } from '../schema.ts';

/** The one subject of a binding: of the two fields exactly one is set. */
export const bindingSubject = {
  user: { type: 'string', minLength: 1, maxLength: 253, description: 'The user who holds the role; or else group.' },
  group: {
    type: 'string',
    minLength: 1,
    maxLength: 253,
    description: 'The group whose members hold the role; system:authenticated are all whom the hub knows.',
  },
} as const satisfies Readonly<Record<string, Schema>>;
