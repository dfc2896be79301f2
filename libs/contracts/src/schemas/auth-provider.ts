import type { KindDeclaration, ObjectOf } from '../kind.ts';

export const authProviderKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'AuthProvider',
  plural: 'authproviders',
  singular: 'authprovider',
  shortNames: [],
  categories: ['drover'],
  namespaced: false,
  description: 'Where users come from whom the hub does not keep itself.',
  status: false,
  required: ['spec'],
  selectableFields: ['spec.type', 'spec.enabled'],
  fields: {
    spec: {
      type: 'object',
      description: 'The provider. Its secrets are kept elsewhere.',
      required: ['type'],
      properties: {
        type: {
          type: 'string',
          enum: ['oidc', 'ldap', 'saml', 'github'],
          description: 'What it speaks. It cannot be changed.',
        },
        displayName: { type: 'string', maxLength: 253, description: 'A name for people.' },
        enabled: { type: 'boolean', description: 'Whether anybody may log in by it.' },
        url: {
          type: 'string',
          maxLength: 2048,
          description: 'Where it is: the issuer of OpenID Connect, the server of LDAP.',
        },
        clientId: { type: 'string', maxLength: 1024, description: 'What the hub is to the provider.' },
      },
    },
  },
} as const satisfies KindDeclaration;

/** Where users come from whom the hub does not keep itself. */
export interface AuthProvider extends ObjectOf<typeof authProviderKind> {}
