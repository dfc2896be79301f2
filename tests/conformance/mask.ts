/** What differs between any two servers and means nothing: it is masked before answers are compared. */

const uid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;
/** Of five letters and digits, as generateName makes them, after the names that cases give. */
const generated = /(-gen-)[a-z0-9]{5}\b/g;
const age = /^(\d+[smhd]){1,2}$/;
/** As diff(1) writes it. */
const localTime = /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4}/g;
/** client-go's own log: of timing, with the time and the process in it. */
const logLine = /^[IWE]\d{4} \d\d:\d\d:\d\d/;
const temporary = /\/tmp\/[\w./-]+/g;

/** Text in which the server's address and every revision that the side has seen mean nothing. */
export interface MaskContext {
  readonly server: string;
  readonly revisions: ReadonlySet<string>;
}

export function maskText(text: string, { server, revisions }: MaskContext): string {
  return text
    .replaceAll(server, 'SERVER')
    .replaceAll(server.replace('https://', ''), 'SERVER')
    .replaceAll(uid, 'UID')
    .replaceAll(time, 'TIME')
    .replaceAll(generated, '$1RANDOM')
    .replaceAll(temporary, 'FILE')
    .replaceAll(localTime, 'TIME')
    .replaceAll(/(resourceVersion"?: ?"?|Resource Version: +)\d+/g, '$1REVISION')
    .replaceAll(/(?<![\w.])\d+(?![\w.])/g, number => (revisions.has(number) ? 'REVISION' : number));
}

/** Lines of what a command printed; columns are as wide as their widest cell, so blanks between them do not count. */
export function maskLines(text: string, context: MaskContext): string[] {
  const lines = maskText(text, context)
    .split('\n')
    .filter(line => !logLine.test(line));
  return lines.map(line =>
    line
      .replaceAll(/(?<=\S) {2,}/g, '  ')
      .split('  ')
      .map(cell => (age.test(cell) ? 'AGE' : cell))
      .join('  ')
      .trimEnd(),
  );
}

/** A JSON value with what means nothing masked, by the names of fields. */
export function maskJson(value: unknown, context: MaskContext, name = ''): unknown {
  if (typeof value === 'string') {
    if (name === 'resourceVersion') return value === '' || value === '0' ? value : 'REVISION';
    if (name === 'continue') return value === '' ? value : 'CONTINUE';
    return age.test(value) ? 'AGE' : maskText(value, context);
  }
  if (name === 'remainingItemCount') return value;
  if (Array.isArray(value)) {
    const items = value.map(item => maskJson(item, context));
    return name === 'resources' ? items.sort(byName) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [maskText(key, context), maskJson(item, context, key)]),
  );
}

/** kube-apiserver lists the kinds of definitions in the order in which it happened to see them. */
const byName = (one: unknown, other: unknown): number => (nameOf(one) < nameOf(other) ? -1 : 1);
const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : '';
