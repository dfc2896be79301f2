import type { LdapProviderSpec } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type Filter, FilterParser } from 'ldapts';

/** A directory with everything said. */
export interface DirectorySettings {
  /** `ldaps://…` or `ldap://…`, in the order in which they are tried. */
  readonly servers: readonly string[];
  /** PEM; undefined: what the system trusts. */
  readonly ca: string | undefined;
  /** The hub's own account; undefined: none. */
  readonly accountDn: string | undefined;
  /** The name to bind by, with {@link usernamePlace} in it; undefined: search first. */
  readonly directBind: string | undefined;
  readonly users: {
    readonly base: string;
    readonly filter: Filter;
    readonly loginAttributes: readonly string[];
    readonly subjectAttribute: string;
    readonly usernameAttribute: string;
    readonly displayNameAttribute: string;
    readonly emailAttribute: string;
  };
  readonly groups:
    | {
        readonly base: string;
        readonly filter: Filter;
        readonly nameAttribute: string;
        readonly membership: 'member' | 'uniqueMember' | 'memberUid' | 'memberOf';
        readonly nested: 'auto' | 'chain' | 'walk' | 'none';
      }
    | undefined;
}

/** Where the typed name goes in {@link DirectorySettings.directBind}. */
export const usernamePlace = '{username}';

const usual = {
  'active-directory': {
    userFilter: '(&(objectClass=user)(!(objectClass=computer)))',
    loginAttributes: ['sAMAccountName', 'userPrincipalName'],
    subjectAttribute: 'objectGUID',
    usernameAttribute: 'sAMAccountName',
    displayNameAttribute: 'displayName',
    groupFilter: '(objectClass=group)',
    // Unique in a domain, which cn is not.
    groupNameAttribute: 'sAMAccountName',
  },
  rfc2307: {
    userFilter: '(objectClass=inetOrgPerson)',
    loginAttributes: ['uid'],
    subjectAttribute: 'entryUUID',
    usernameAttribute: 'uid',
    displayNameAttribute: 'displayName',
    groupFilter: '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))',
    groupNameAttribute: 'cn',
  },
} as const;

/**
 * The directory as `spec.ldap` says it.
 *
 * @throws DroverError `invalid`, with the field that is wrong
 */
export function directorySettings(spec: LdapProviderSpec): DirectorySettings {
  const { users, groups, directBind } = spec;
  const usually = usual[spec.directory];
  if (directBind !== undefined && !/[=@\\]/.test(directBind)) {
    // A bare word could be taken for a SASL mechanism's name.
    throw new DroverError('invalid', 'spec.ldap.directBind must be a distinguished name, or name@domain');
  }
  return Object.freeze({
    servers: spec.servers,
    ca: spec.ca,
    accountDn: spec.bindDn === '' ? undefined : spec.bindDn,
    directBind,
    users: {
      base: users.base,
      filter: parsed(users.filter ?? usually.userFilter, 'spec.ldap.users.filter'),
      loginAttributes: users.loginAttributes ?? usually.loginAttributes,
      subjectAttribute: users.subjectAttribute ?? usually.subjectAttribute,
      usernameAttribute: users.usernameAttribute ?? usually.usernameAttribute,
      displayNameAttribute: users.displayNameAttribute ?? usually.displayNameAttribute,
      emailAttribute: users.emailAttribute ?? 'mail',
    },
    groups: groups && {
      base: groups.base,
      filter: parsed(groups.filter ?? usually.groupFilter, 'spec.ldap.groups.filter'),
      nameAttribute: groups.nameAttribute ?? usually.groupNameAttribute,
      membership: groups.membership,
      nested: groups.nested,
    },
  });
}

function parsed(text: string, field: string): Filter {
  // A parenthesis in a value is written \28 or \29 (RFC 4515), and the parser forgives one that is missing.
  if (text.split('(').length !== text.split(')').length)
    throw new DroverError('invalid', `${field} is no LDAP filter: ${text}`);
  try {
    return FilterParser.parseString(text);
  } catch (cause) {
    throw new DroverError('invalid', `${field} is no LDAP filter: ${text}`, { cause });
  }
}
