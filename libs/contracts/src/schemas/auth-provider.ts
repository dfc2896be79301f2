import type { KindDeclaration, ObjectOf } from '../kind.ts';
import type { Schema } from '../schema.ts';
import { githubProviderSchema } from './github-provider.ts';
import { ldapProviderSchema } from './ldap-provider.ts';
import { oidcProviderSchema } from './oidc-provider.ts';
import { workloadProviderSchema } from './workload-provider.ts';

/** Who of those whom the provider knows may sign in. */
const access = {
  type: 'object',
  description: 'Who of those whom the provider knows may sign in; absent: nobody.',
  required: ['mode'],
  properties: {
    mode: {
      type: 'string',
      enum: ['anyone', 'groups', 'users'],
      description: '`anyone` whom the provider signs in, members of the listed `groups`, or the listed `users`.',
    },
    groups: {
      type: 'array',
      maxItems: 512,
      items: { type: 'string', maxLength: 253 },
      'x-kubernetes-list-type': 'set',
      description: 'Groups as the provider names them, without the provider’s name before them.',
    },
    users: {
      type: 'array',
      maxItems: 4096,
      items: { type: 'string', maxLength: 253 },
      'x-kubernetes-list-type': 'set',
      description: 'Users of the hub, or subjects as the provider tells them.',
    },
  },
} as const satisfies Schema;

export const authProviderKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'AuthProvider',
  plural: 'authproviders',
  singular: 'authprovider',
  shortNames: [],
  categories: ['drover'],
  namespaced: false,
  description: 'Where users come from, and how they sign in.',
  status: false,
  required: ['spec'],
  hidden: ['secrets'],
  selectableFields: ['spec.type', 'spec.enabled'],
  fields: {
    spec: {
      type: 'object',
      description: 'The provider. Its secrets can be written, and are kept elsewhere.',
      required: ['type'],
      properties: {
        type: {
          type: 'string',
          enum: ['local', 'oidc', 'github', 'ldap', 'workload'],
          description: 'What it speaks. It cannot be changed.',
        },
        displayName: { type: 'string', maxLength: 253, description: 'A name for people.' },
        enabled: {
          type: 'boolean',
          description: 'Whether anybody may sign in by it. Its sessions and tokens end when it is disabled.',
        },
        access,
        ldap: ldapProviderSchema,
        // The block of each type, in a file of its own beside this one.
        oidc: oidcProviderSchema,
        github: githubProviderSchema,
        workload: workloadProviderSchema,
      },
    },
  },
} as const satisfies KindDeclaration;

/** Where users come from, and how they sign in. Its name stands before its groups: `<name>:<group>`. */
export interface AuthProvider extends Omit<ObjectOf<typeof authProviderKind>, 'secrets'> {
  /** The secrets of its block, sealed: JSON, by the field's name. */
  secrets?: string;
}
