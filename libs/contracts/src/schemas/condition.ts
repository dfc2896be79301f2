import type { FromSchema } from '../from-schema.ts';
import type { Schema } from '../schema.ts';

/** A `metav1.Condition`. */
export const condition = {
  type: 'object',
  description: 'One thing that holds of the object, does not hold, or is not known.',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    type: { type: 'string', maxLength: 316, description: 'What is told, in CamelCase.' },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'], description: 'Whether it holds.' },
    reason: { type: 'string', maxLength: 1024, description: 'Why, as one word in CamelCase, for programs.' },
    message: { type: 'string', maxLength: 32_768, description: 'Why, for people.' },
    lastTransitionTime: { type: 'string', format: 'date-time', description: 'When the status became what it is.' },
  },
} as const satisfies Schema;

/** A status' `conditions`: one of each type. */
export const conditions = {
  type: 'array',
  description: 'What holds of the object now.',
  maxItems: 32,
  items: condition,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
} as const satisfies Schema;

/** A `metav1.Condition`: one thing that holds of an object, does not, or is not known. */
export interface Condition extends FromSchema<typeof condition> {}
