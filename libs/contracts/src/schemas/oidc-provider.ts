import type { FromSchema } from '../from-schema.ts';
import type { Schema } from '../schema.ts';
import { clientId, clientSecret, providerCa, providerUrl } from './provider-fields.ts';

const claimName = (usual: string, description: string) =>
  ({ type: 'string', minLength: 1, maxLength: 253, default: usual, description }) as const satisfies Schema;

/** `spec.oidc` of an AuthProvider. */
export const oidcProviderSchema = {
  type: 'object',
  description: 'An issuer of OpenID Connect, of a provider of the type oidc.',
  required: ['issuer', 'clientId'],
  properties: {
    issuer: providerUrl(
      'The issuer, exactly as its tokens name it. It cannot be changed: subjects are unique at one issuer.',
    ),
    clientId,
    clientSecret,
    clientAuthentication: {
      type: 'string',
      enum: ['client_secret_basic', 'client_secret_post', 'none'],
      description:
        'How the hub proves at the token endpoint who it is; absent: client_secret_basic with a secret, none without.',
    },
    scopes: {
      type: 'array',
      maxItems: 32,
      default: ['openid', 'profile', 'email'],
      items: { type: 'string', maxLength: 253, pattern: '^[!#-\\[\\]-~]+$' },
      'x-kubernetes-list-type': 'set',
      description:
        'The scopes that are asked for, `openid` in any case. Many issuers give a refresh token, which groups are refreshed by, for `offline_access` only.',
    },
    parameters: {
      type: 'object',
      maxProperties: 16,
      additionalProperties: { type: 'string', maxLength: 1024 },
      description:
        'What else is said when people are sent to the issuer, such as `access_type: offline` for Google. With the scope `offline_access`, `prompt` is `consent` where nothing else is said.',
    },
    ca: providerCa,
    claims: {
      type: 'object',
      default: {},
      description: 'The claims that say who somebody is; a dot leads into an object, as in `realm_access.roles`.',
      properties: {
        username: claimName('preferred_username', 'The name of the user that is made at the first sign-in.'),
        displayName: claimName('name', 'A name for people.'),
        email: claimName('email', 'The e-mail address, which decides nothing.'),
        groups: claimName('groups', 'The groups: a list of strings, or one string.'),
      },
    },
    requiredClaims: {
      type: 'array',
      maxItems: 32,
      description: 'What the claims must say besides, or the sign-in is refused.',
      items: {
        type: 'object',
        required: ['claim'],
        properties: {
          claim: { type: 'string', minLength: 1, maxLength: 253, description: 'The claim.' },
          values: {
            type: 'array',
            maxItems: 512,
            items: { type: 'string', maxLength: 1024 },
            'x-kubernetes-list-type': 'set',
            description: 'It has, or holds, one of these; absent: it is there, and not false.',
          },
        },
      },
      'x-kubernetes-list-type': 'atomic',
    },
  },
} as const satisfies Schema;

/** `spec.oidc` of an AuthProvider. */
export type OidcProviderSpec = FromSchema<typeof oidcProviderSchema>;
