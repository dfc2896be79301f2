/** A name of RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A value of RFC 9110 §5.5 in latin1: no control character but TAB. */
const forbidden = /[^\t\x20-\x7e\x80-\xff]/;

/** Names that are remembered: clients and servers send the same few dozen. Who sends others pays the check each time. */
const maxRemembered = 512;
const remembered = new Map<string, string>();

/** A header's name in lower case; undefined where it is not one. */
export function headerName(raw: string): string | undefined {
  const known = remembered.get(raw);
  if (known !== undefined) return known;
  if (!token.test(raw)) return undefined;
  const name = raw.toLowerCase();
  if (remembered.size < maxRemembered && raw.length <= 64) remembered.set(raw, name);
  return name;
}

/** Whether a text can be sent as a header's value, as it is. */
export const isHeaderValue = (value: string): boolean => !forbidden.test(value);

/**
 * The lines of a head (without the empty line at its end); undefined where it holds what two servers could read in two
 * ways: a bare line feed or carriage return, another control character (RFC 9112 §2.2).
 */
export function headLines(text: string): string[] | undefined {
  const lines = text.split('\r\n');
  return lines.every(isHeaderValue) ? lines : undefined;
}

/** The fields in `lines` from the second on, flat: lower-case name, value, name, value. Undefined where one is no field. */
export function fieldsIn(lines: readonly string[]): string[] | undefined {
  const fields: string[] = [];
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const colon = line.indexOf(':');
    // No name: also a line that begins with white space, which once continued the one before it (obs-fold).
    const name = colon < 1 ? undefined : headerName(line.slice(0, colon));
    if (name === undefined) return undefined;
    // Most clients write exactly one space.
    const value = line.charCodeAt(colon + 1) === space ? line.slice(colon + 2) : line.slice(colon + 1);
    fields.push(name, needsTrim(value) ? value.replace(outerSpace, '') : value);
  }
  return fields;
}

const space = 0x20;
const tab = 0x09;
const outerSpace = /^[ \t]+|[ \t]+$/g;
const isSpace = (code: number): boolean => code === space || code === tab;
const needsTrim = (value: string): boolean =>
  isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1));
