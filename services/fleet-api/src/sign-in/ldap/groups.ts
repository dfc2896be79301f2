import { DroverError } from '@drover/errors';
import { AndFilter, type Entry, EqualityFilter, ExtensibleFilter, type Filter, OrFilter } from 'ldapts';
import { type DirectoryConnection, valuesOf } from './connection.ts';
import type { DirectorySettings } from './settings.ts';

/** Bounds of one person's groups. Beyond them he is refused: a list that is cut would say less than the directory. */
export const groupLimits = Object.freeze({
  /** Each is carried in every identity that the hub signs. */
  maxGroups: 500,
  /** Groups in groups in groups; a directory that goes deeper has other troubles. */
  maxDepth: 16,
  /** Names in one filter: some servers refuse filters of many KB. */
  namesInFilter: 50,
});

/** LDAP_MATCHING_RULE_IN_CHAIN ([MS-ADTS] 3.1.1.3.4.4.3). */
const inChain = '1.2.840.113556.1.4.1941';
/** What Active Directory says of itself since Windows Server 2008, and Samba too; its rules are listed nowhere. */
const activeDirectory = '1.2.840.113556.1.4.1935';

type GroupSettings = NonNullable<DirectorySettings['groups']>;

/** Names of the groups that the user's entry is in, those of groups in groups too, sorted. */
export async function groupsOfEntry(
  connection: DirectoryConnection,
  settings: GroupSettings,
  { entry, username }: { readonly entry: Entry; readonly username: string },
): Promise<string[]> {
  const { membership, nested } = settings;
  const names = new Set<string>();
  const add = (group: Entry): void => {
    const [name, another] = valuesOf(group, settings.nameAttribute);
    if (name !== undefined && another === undefined) names.add(name);
  };
  if (membership === 'memberUid') {
    const filter = new EqualityFilter({ attribute: membership, value: username });
    for (const group of await listGroups(connection, settings, filter)) add(group);
  } else if (nested !== 'none' && membership !== 'uniqueMember' && (await hasChain(connection, nested))) {
    const filter = new ExtensibleFilter({ matchType: 'member', rule: inChain, value: entry.dn });
    for (const group of await listGroups(connection, settings, filter)) add(group);
  } else {
    for (const group of await walk(connection, settings, entry)) add(group);
  }
  return [...names].sort();
}

async function hasChain(connection: DirectoryConnection, nested: GroupSettings['nested']): Promise<boolean> {
  if (nested !== 'auto') return nested === 'chain';
  return (await connection.capabilities()).includes(activeDirectory);
}

/** Level by level; a group is asked for once, so that groups that hold each other end the walk. */
async function walk(connection: DirectoryConnection, settings: GroupSettings, start: Entry): Promise<Entry[]> {
  const found = new Map<string, Entry>();
  let level: Entry[] = [start];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > groupLimits.maxDepth) {
      throw new DroverError('forbidden', `the directory has groups in groups, more than ${groupLimits.maxDepth} deep`);
    }
    const above = await groupsAbove(connection, settings, level);
    level = above.filter(({ dn }) => !found.has(keyOf(dn)));
    for (const group of level) found.set(keyOf(group.dn), group);
    if (found.size > groupLimits.maxGroups) throw tooMany();
    if (settings.nested === 'none') break;
  }
  return [...found.values()];
}

/** The groups that these entries are in themselves. */
async function groupsAbove(
  connection: DirectoryConnection,
  settings: GroupSettings,
  entries: readonly Entry[],
): Promise<Entry[]> {
  const { membership } = settings;
  const above = new Map<string, Entry>();
  const add = (group: Entry): void => void above.set(keyOf(group.dn), group);
  if (membership === 'memberOf') {
    for (const dn of new Set(entries.flatMap(memberOf))) (await groupAt(connection, settings, dn)).forEach(add);
    return [...above.values()];
  }
  for (let at = 0; at < entries.length; at += groupLimits.namesInFilter) {
    const some = entries.slice(at, at + groupLimits.namesInFilter);
    const filters = some.map(({ dn }) => new EqualityFilter({ attribute: membership, value: dn }));
    (await listGroups(connection, settings, new OrFilter({ filters }))).forEach(add);
  }
  return [...above.values()];
}

/** Active Directory gives many values in parts, under a name of its own ([MS-ADTS] 3.1.1.3.1.3.3). */
function memberOf(entry: Entry): string[] {
  if (Object.keys(entry).some(name => /^memberof;range=/i.test(name))) throw tooMany();
  return valuesOf(entry, 'memberOf');
}

/** The group of this name, where it is one that counts. */
async function groupAt(connection: DirectoryConnection, settings: GroupSettings, dn: string): Promise<Entry[]> {
  if (!isBelow(dn, settings.base)) return [];
  const { filter, nameAttribute } = settings;
  return connection.read(dn, { filter, attributes: [nameAttribute, 'memberOf'] });
}

function listGroups(connection: DirectoryConnection, settings: GroupSettings, member: Filter): Promise<Entry[]> {
  const filter = new AndFilter({ filters: [settings.filter, member] });
  const wish = { scope: 'sub', filter, attributes: [settings.nameAttribute] } as const;
  return connection.list(settings.base, wish, groupLimits.maxGroups);
}

/** Names of entries differ in case alone nowhere; a server may write one in two ways. */
const keyOf = (dn: string): string => dn.toLowerCase().replaceAll(/\s*([,=])\s*/g, '$1');

/** Whether the entry is at or below the base. A comma after an odd number of `\\` is part of a name (RFC 4514, 2.4). */
function isBelow(dn: string, base: string): boolean {
  const [one, other] = [keyOf(dn), keyOf(base)];
  if (other === '' || one === other) return true;
  if (!one.endsWith(`,${other}`)) return false;
  const [escapes = ''] = /\\*$/.exec(one.slice(0, -other.length - 1)) ?? [];
  return escapes.length % 2 === 0 && !one.includes('"');
}

const tooMany = (): DroverError =>
  new DroverError('forbidden', `the directory has more than ${groupLimits.maxGroups} groups of this user`);
