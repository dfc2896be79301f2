import type { Entry } from 'ldapts';
import { bytesOf } from './connection.ts';

/** Active Directory keeps the first three parts of a GUID with the lowest byte first ([MS-DTYP] 2.3.4.2). */
const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
const isGuid = (attribute: string): boolean => attribute.toLowerCase() === 'objectguid';

/** What tells the person of the entry from every other, as text; undefined: the entry has no such attribute, or several. */
export function subjectOf(entry: Entry, attribute: string): string | undefined {
  const [value, another] = bytesOf(entry, attribute);
  if (value === undefined || value.length === 0 || another !== undefined) return undefined;
  if (!isGuid(attribute)) return printable(value) ?? value.toString('hex');
  if (value.length !== guidOrder.length) return undefined;
  const hex = Buffer.from(guidOrder.map(at => value[at] ?? 0)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The attribute's value in a filter that finds the person of {@link subjectOf} again. */
export function subjectValue(subject: string, attribute: string): Buffer | string {
  if (!isGuid(attribute)) return subject;
  const bytes = Buffer.from(subject.replaceAll('-', ''), 'hex');
  return Buffer.from(guidOrder.map(at => bytes[at] ?? 0));
}

function printable(value: Buffer): string | undefined {
  const text = value.toString('utf8');
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}
