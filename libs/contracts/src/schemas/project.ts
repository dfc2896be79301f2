import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const projectKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Project',
  plural: 'projects',
  singular: 'project',
  shortNames: ['proj'],
  categories: ['drover'],
  namespaced: true,
  description: 'A set of namespaces of the cluster whose name the namespace has.',
  status: false,
  fields: {
    spec: {
      type: 'object',
      description: 'The project.',
      default: {},
      properties: {
        displayName: { type: 'string', maxLength: 253, description: 'A name for people.' },
        description: { type: 'string', maxLength: 4096, description: 'What the project is for.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** A set of namespaces of the cluster whose name the namespace has. */
export interface Project extends ObjectOf<typeof projectKind> {}
