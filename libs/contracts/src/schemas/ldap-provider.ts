import type { FromSchema } from '../from-schema.ts';
import type { Schema } from '../schema.ts';

/** A name of an attribute (RFC 4512, 1.4: a descriptor), or its OID. */
const attributeName = '^[A-Za-z][A-Za-z0-9-]*$|^[0-9]+(\\.[0-9]+)*$';
const attribute = (description: string) =>
  ({ type: 'string', maxLength: 128, pattern: attributeName, description }) as const satisfies Schema;
const distinguishedName = (description: string) =>
  ({ type: 'string', maxLength: 1024, description }) as const satisfies Schema;
const filter = (description: string) =>
  ({ type: 'string', maxLength: 4096, pattern: '^\\(.*\\)$', description }) as const satisfies Schema;

/** `spec.ldap` of an AuthProvider. What is absent has the value that is usual in a directory of its kind. */
export const ldapProviderSchema = {
  type: 'object',
  description: 'An LDAP directory or an Active Directory, of a provider of the type ldap.',
  required: ['servers', 'users'],
  properties: {
    servers: {
      type: 'array',
      minItems: 1,
      maxItems: 8,
      items: {
        type: 'string',
        maxLength: 512,
        pattern: '^ldaps?://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?/?$',
      },
      description:
        'Servers of the same directory, tried in this order. ldaps:// is TLS from the first byte; ldap:// is made TLS by StartTLS before anything else is said.',
    },
    ca: {
      type: 'string',
      maxLength: 65_536,
      description: 'The CA of the servers’ certificates, PEM; absent: those that the system trusts.',
    },
    directory: {
      type: 'string',
      enum: ['active-directory', 'rfc2307'],
      default: 'rfc2307',
      description: 'The kind of directory, which says what its attributes are called.',
    },
    bindDn: distinguishedName('The account by which the hub searches; absent: anonymously, or as the user.'),
    bindPassword: {
      type: 'string',
      format: 'password',
      maxLength: 1024,
      description: 'Its password. It can be written, and is never shown.',
    },
    directBind: {
      type: 'string',
      maxLength: 1024,
      pattern: '^[^{}]*\\{username\\}[^{}]*$',
      description:
        'Binds at once by this name, with {username} filled in, and searches afterwards: a distinguished name, or {username}@corp.example of Active Directory.',
    },
    users: {
      type: 'object',
      description: 'Where users are, and how they are known.',
      required: ['base'],
      properties: {
        base: distinguishedName('Users are at or below this entry.'),
        filter: filter('What every user matches.'),
        loginAttributes: {
          type: 'array',
          minItems: 1,
          maxItems: 4,
          items: { type: 'string', maxLength: 128, pattern: attributeName },
          description: 'What a person may type as the name.',
        },
        subjectAttribute: attribute('What tells a person from every other, for ever: objectGUID, entryUUID.'),
        usernameAttribute: attribute('What the hub’s user is called after.'),
        displayNameAttribute: attribute('A name for people.'),
        emailAttribute: attribute('The e-mail address.'),
      },
    },
    groups: {
      type: 'object',
      description: 'Where groups are; absent: the directory’s groups do not count.',
      required: ['base'],
      properties: {
        base: distinguishedName('Groups are at or below this entry; others do not count.'),
        filter: filter('What every group matches.'),
        nameAttribute: attribute('What the hub calls a group by; it should be unique below the base.'),
        membership: {
          type: 'string',
          enum: ['member', 'uniqueMember', 'memberUid', 'memberOf'],
          default: 'member',
          description: 'Which attribute says who is in a group: one of the group, or memberOf of its members.',
        },
        nested: {
          type: 'string',
          enum: ['auto', 'chain', 'walk', 'none'],
          default: 'auto',
          description:
            'Groups in groups: asked of the server in one search (chain, 1.2.840.113556.1.4.1941), searched level by level (walk), or not at all. auto: chain where the server has it, else walk.',
        },
      },
    },
  },
} as const satisfies Schema;

/** The directory of a provider of the type ldap, as its AuthProvider says it. */
export type LdapProviderSpec = FromSchema<typeof ldapProviderSchema>;
