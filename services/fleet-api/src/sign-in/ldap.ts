import { randomUUID } from 'node:crypto';
import type { Clock } from '@drover/async';
import type { LdapProviderSpec } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';
import { AndFilter, DN, type Entry, EqualityFilter, type Filter, OrFilter } from 'ldapts';
import { type DirectoryConnection, valuesOf } from './ldap/connection.ts';
import { groupsOfEntry } from './ldap/groups.ts';
import { DirectoryServers } from './ldap/servers.ts';
import { type DirectorySettings, directorySettings, usernamePlace } from './ldap/settings.ts';
import { subjectOf, subjectValue } from './ldap/subject.ts';
import type { PasswordProvider, ProviderIdentity } from './provider.ts';

/** A name that is typed is not longer; directories have none that are. */
const maxUsernameLength = 256;
/** ACCOUNTDISABLE in `userAccountControl` ([MS-ADTS] 2.2.16). */
const accountDisabled = 0x2;
const accountControl = 'userAccountControl';

export interface LdapProviderOptions {
  /** The AuthProvider's name. */
  readonly name: string;
  readonly spec: LdapProviderSpec;
  /** The password of `bindDn`, when it is needed. */
  readonly bindPassword: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Signs in by an LDAP directory or an Active Directory: who binds with the password is the person of the entry. The person
 * is known by what never changes about the entry (objectGUID, entryUUID), and not by its name or its place.
 *
 * @example
 * const provider = new LdapProvider({ name: 'corp', spec, bindPassword, clock: systemClock, logger });
 * await provider.verify({ username: 'alice', password, signal }); // { subject: '6f1e…', username: 'alice', groups: ['dev'] }
 */
export class LdapProvider implements PasswordProvider {
  readonly kind = 'password';
  readonly #name: string;
  readonly #settings: DirectorySettings;
  readonly #servers: DirectoryServers;
  readonly #bindPassword: () => Promise<string | undefined>;
  readonly #logger: Logger;

  /** Throws `invalid` where the specification says what cannot be. */
  constructor({ name, spec, bindPassword, clock, logger }: LdapProviderOptions) {
    this.#name = name;
    this.#logger = logger;
    this.#bindPassword = bindPassword;
    this.#settings = directorySettings(spec);
    this.#servers = new DirectoryServers({
      provider: name,
      urls: this.#settings.servers,
      ca: this.#settings.ca,
      clock,
      onFailure: (url, err) => logger.warn({ err, provider: name, url }, 'a directory server failed'),
    });
  }

  async verify(ask: {
    username: string;
    password: string;
    signal: AbortSignal;
  }): Promise<ProviderIdentity | undefined> {
    const { username, password, signal } = ask;
    // Nothing is asked of the directory for these, whoever it is: they can be nobody's (T11).
    if (password === '' || password.includes('\0') || !isName(username)) return undefined;
    return this.#servers.converse(signal, connection =>
      this.#settings.directBind === undefined
        ? this.#searchAndBind(connection, username, password)
        : this.#bindAndSearch(connection, this.#settings.directBind, { username, password }),
    );
  }

  async refresh(from: { subject: string; username: string; signal: AbortSignal }): Promise<ProviderIdentity | 'gone'> {
    const { accountDn, directBind, users } = this.#settings;
    if (accountDn === undefined && directBind !== undefined) {
      throw new DroverError('provider-unavailable', `the provider ${this.#name} has no bindDn to ask by`);
    }
    const { subjectAttribute } = users;
    return this.#servers.converse(from.signal, async connection => {
      await this.#bindAccount(connection);
      const value = subjectValue(from.subject, subjectAttribute);
      const entry = await this.#findOne(connection, new EqualityFilter({ attribute: subjectAttribute, value }));
      return (entry && (await this.#identity(connection, entry))) ?? 'gone';
    });
  }

  /** As many steps for a name that nobody has as for a wrong password: both search once and bind once (T13). */
  async #searchAndBind(
    connection: DirectoryConnection,
    username: string,
    password: string,
  ): Promise<ProviderIdentity | undefined> {
    const { users } = this.#settings;
    await this.#bindAccount(connection);
    const entry = await this.#findOne(connection, this.#called(username));
    const known =
      entry === undefined
        ? await connection.bind(`cn=${randomUUID()},${users.base}`, randomUUID())
        : await connection.bind(entry.dn, password);
    if (!known || entry === undefined) return undefined;
    await this.#bindAccount(connection);
    return this.#identity(connection, entry);
  }

  async #bindAndSearch(
    connection: DirectoryConnection,
    template: string,
    { username, password }: { username: string; password: string },
  ): Promise<ProviderIdentity | undefined> {
    const isDn = template.includes('=');
    if (!isDn && !isAccountName(username)) return undefined;
    const name = template.replace(usernamePlace, () => (isDn ? escapedForDn(username) : username));
    if (!(await connection.bind(name, password))) return undefined;
    await this.#bindAccount(connection);
    const entry = isDn ? await this.#readOne(connection, name) : await this.#boundAs(connection, name, username);
    if (entry === undefined) {
      this.#logger.warn({ provider: this.#name }, 'a user of the directory may bind but has no entry that counts');
      return undefined;
    }
    return this.#identity(connection, entry);
  }

  /** Whose entry it is that Active Directory bound by this name: it looks for an explicit principal name first. */
  async #boundAs(connection: DirectoryConnection, name: string, username: string): Promise<Entry | undefined> {
    const explicit = new EqualityFilter({ attribute: 'userPrincipalName', value: name });
    return (
      (await this.#findOne(connection, explicit)) ??
      (await this.#findOne(connection, new EqualityFilter({ attribute: 'sAMAccountName', value: username })))
    );
  }

  /** Throws `provider-unavailable` where the directory refuses the hub's own account. */
  async #bindAccount(connection: DirectoryConnection): Promise<void> {
    const { accountDn } = this.#settings;
    if (accountDn === undefined) return;
    // Without a password it would be an anonymous bind, which looks like a success: it is no bind at all then (T11).
    if (await connection.bind(accountDn, (await this.#bindPassword()) ?? '')) return;
    // No other server is asked: each refusal counts towards locking the account.
    this.#logger.error({ provider: this.#name, bindDn: accountDn }, 'the directory refuses the hub’s own account');
    throw new DroverError('provider-unavailable', `the provider ${this.#name} refuses the hub’s own account`);
  }

  /** The values are data of the request, and never a part of a filter's text (T11). */
  #called(username: string): Filter {
    const { loginAttributes } = this.#settings.users;
    return new OrFilter({
      filters: loginAttributes.map(attribute => new EqualityFilter({ attribute, value: username })),
    });
  }

  async #findOne(connection: DirectoryConnection, which: Filter): Promise<Entry | undefined> {
    const { base, filter } = this.#settings.users;
    const both = new AndFilter({ filters: [filter, which] });
    const found = await connection.find(base, { scope: 'sub', filter: both, ...this.#wanted() }, 2);
    if (found.length > 1) {
      this.#logger.warn({ provider: this.#name }, 'several entries of the directory have one name; none is taken');
      return undefined;
    }
    return found[0];
  }

  async #readOne(connection: DirectoryConnection, dn: string): Promise<Entry | undefined> {
    const [entry] = await connection.read(dn, { filter: this.#settings.users.filter, ...this.#wanted() });
    return entry;
  }

  #wanted() {
    const { subjectAttribute, usernameAttribute, displayNameAttribute, emailAttribute } = this.#settings.users;
    const named = [
      subjectAttribute,
      usernameAttribute,
      displayNameAttribute,
      emailAttribute,
      accountControl,
      'memberOf',
    ];
    return { attributes: [...new Set(named)], binary: [subjectAttribute, 'objectGUID'] };
  }

  /** undefined: the entry is no person who may sign in. */
  async #identity(connection: DirectoryConnection, entry: Entry): Promise<ProviderIdentity | undefined> {
    const { users, groups } = this.#settings;
    const subject = subjectOf(entry, users.subjectAttribute);
    const [username] = valuesOf(entry, users.usernameAttribute);
    if (subject === undefined || username === undefined) {
      this.#logger.warn(
        { provider: this.#name, subject: users.subjectAttribute, username: users.usernameAttribute },
        'an entry of the directory lacks an attribute that the hub needs, or the hub may not read it',
      );
      return undefined;
    }
    const [control] = valuesOf(entry, accountControl);
    if (control !== undefined && (Number(control) & accountDisabled) !== 0) return undefined;
    const [displayName] = valuesOf(entry, users.displayNameAttribute);
    const [email] = valuesOf(entry, users.emailAttribute);
    return {
      subject,
      username,
      ...(displayName === undefined ? {} : { displayName }),
      ...(email === undefined ? {} : { email }),
      groups: groups === undefined ? [] : await groupsOfEntry(connection, groups, { entry, username }),
    };
  }
}

const isName = (username: string): boolean =>
  username.length <= maxUsernameLength && /^[^\p{Cc}\s]([^\p{Cc}]*[^\p{Cc}\s])?$/u.test(username);

/** What Active Directory allows in a `sAMAccountName`, so that what is bound is a name of this domain. */
const isAccountName = (username: string): boolean => !/["/\\[\]:;|=,+*?<>@]/.test(username);

/** As a value in a distinguished name (RFC 4514, 2.4). */
const escapedForDn = (value: string): string => new DN({ x: value }).toString().slice('x='.length);
