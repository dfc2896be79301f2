import { type ApiObject, isRecord } from './object.ts';

/**
 * The one form in which objects are stored and served: apiVersion, kind and metadata come first, and resourceVersion
 * first of all in metadata. So the revision, which is known only once an object is written, is put in by copying bytes,
 * and metadata is cut out by its place.
 */

/** `hidden`: top-level fields to leave out. */
function toJson(object: ApiObject, resourceVersion: string, hidden: readonly string[]): string {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { resourceVersion: _, ...others } = metadata;
  for (const name of hidden) Reflect.deleteProperty(rest, name);
  return JSON.stringify({ apiVersion, kind, metadata: { resourceVersion, ...others }, ...rest });
}

/** What a store keeps of an object: everything but its resourceVersion, which is the store's revision. */
export const storedBytes = (object: ApiObject): Buffer => Buffer.from(toJson(object, '', []), 'utf8');

/** An object's JSON with its resourceVersion, and a line's end after it, and where its metadata is. */
export interface ObjectJson {
  readonly line: Buffer;
  readonly metadataStart: number;
  readonly metadataEnd: number;
}

/** From a stored value, by copying. `object` is what it holds, for a value that was written in another form. */
export function revisedJson(stored: Uint8Array, object: ApiObject, revision: number): ObjectJson {
  const value = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const start = metadataStartOf(value);
  const canonical = start === undefined ? storedBytes(object) : value;
  const metadataStart = start ?? metadataStartOf(canonical) ?? 0;
  return splice(canonical, metadataStart, 0, revision);
}

/** From an object, without its hidden fields. */
export function shownJson(object: ApiObject, revision: number, hidden: readonly string[]): ObjectJson {
  const bytes = Buffer.from(toJson(object, '', hidden), 'utf8');
  return splice(bytes, metadataStartOf(bytes) ?? 0, 0, revision);
}

/** The same object with another resourceVersion. */
export const againAt = (json: ObjectJson, old: number, revision: number): ObjectJson =>
  splice(json.line.subarray(0, -1), json.metadataStart, String(old).length, revision);

const versionKey = '{"resourceVersion":"';

/** Puts `revision` where `oldDigits` digits are now, and a line's end behind. */
function splice(json: Buffer, metadataStart: number, oldDigits: number, revision: number): ObjectJson {
  const digits = String(revision);
  const at = metadataStart + versionKey.length;
  // Not from node's pool: a kept slice of it would hold eight kilobytes for as long as it lives.
  const line = Buffer.allocUnsafeSlow(json.length - oldDigits + digits.length + 1);
  json.copy(line, 0, 0, at);
  line.write(digits, at, 'latin1');
  json.copy(line, at + digits.length, at + oldDigits);
  line[line.length - 1] = newline;
  return { line, metadataStart, metadataEnd: endOfObject(line, metadataStart) };
}

/** apiVersion and kind are short; where more comes before metadata, the value is of another form. */
const maxOpeningBytes = 512;
const opening = /^\{"apiVersion":"[^"\\]*","kind":"[^"\\]*","metadata":(?=\{"resourceVersion":"")/;

function metadataStartOf(value: Buffer): number | undefined {
  return opening.exec(value.toString('latin1', 0, maxOpeningBytes))?.[0].length;
}

const [newline, quote, backslash, openBrace, closeBrace] = [0x0a, 0x22, 0x5c, 0x7b, 0x7d];

/** The offset after the JSON object that begins at `start`. */
function endOfObject(json: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) {
      do {
        at = json.indexOf(quote, at + 1);
      } while (at > 0 && isEscaped(json, at));
      if (at < 0) break;
    } else if (byte === openBrace) depth++;
    else if (byte === closeBrace && --depth === 0) return at + 1;
  }
  return json.length;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(json: Buffer, at: number): boolean {
  let first = at;
  while (json[first - 1] === backslash) first--;
  return (at - first) % 2 === 1;
}

/** The object in a stored value; undefined where it is none. */
export function parseObject(value: Uint8Array): ApiObject | undefined {
  try {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is ApiObject =>
  isRecord(value) &&
  typeof value['apiVersion'] === 'string' &&
  typeof value['kind'] === 'string' &&
  isRecord(value['metadata']) &&
  typeof value['metadata']['name'] === 'string';
