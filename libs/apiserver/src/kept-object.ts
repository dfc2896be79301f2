import type { ApiObject } from './object.ts';
import { againAt, type ObjectJson, revisedJson, shownJson } from './object-json.ts';
import type { ResourceType } from './resource-type.ts';

/** What of a resource's declaration decides how its objects are kept. */
export type Keeping = Pick<ResourceType, 'hidden' | 'selectableFields'>;

const noLabels: Readonly<Record<string, string>> = Object.freeze({});
const nothingHidden: readonly string[] = [];

/**
 * An object as the cache keeps it: the bytes that clients get, and beside them what selectors ask for. It is parsed when
 * somebody needs its fields, and forgotten again with them: a parsed object takes several times the memory of its JSON.
 */
export class KeptObject {
  /** `<plural>.<namespace or _>.<name>` */
  readonly key: string;
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly #json: ObjectJson;
  /** With its hidden fields; absent where it has none. */
  readonly #whole: ObjectJson | undefined;
  /** The values of its selectable fields, by path. */
  readonly #fields: Readonly<Record<string, string>> | undefined;
  #parsed: WeakRef<ApiObject> | undefined;

  private constructor(
    key: string,
    revision: number,
    parts: {
      labels: Readonly<Record<string, string>>;
      json: ObjectJson;
      whole: ObjectJson | undefined;
      fields: Readonly<Record<string, string>> | undefined;
    },
  ) {
    this.key = key;
    this.revision = revision;
    this.labels = parts.labels;
    this.#json = parts.json;
    this.#whole = parts.whole;
    this.#fields = parts.fields;
  }

  /** `value`: what a store holds, as `storedBytes` makes it of `object`. */
  static of(key: string, revision: number, value: Uint8Array, object: ApiObject, keeping: Keeping = {}): KeptObject {
    const { hidden = nothingHidden, selectableFields } = keeping;
    const whole = revisedJson(value, object, revision);
    const hides = hidden.some(name => name in object);
    return new KeptObject(key, revision, {
      labels: object.metadata.labels ?? noLabels,
      json: hides ? shownJson(object, revision, hidden) : whole,
      whole: hides ? whole : undefined,
      fields: selectableFields && Object.fromEntries(selectableFields.map(path => [path, valueAt(object, path)])),
    });
  }

  get name(): string {
    return this.key.slice(this.key.indexOf('.', this.key.indexOf('.') + 1) + 1);
  }

  /** Empty where it is in none. */
  get namespace(): string {
    const start = this.key.indexOf('.') + 1;
    const namespace = this.key.slice(start, this.key.indexOf('.', start));
    return namespace === '_' ? '' : namespace;
  }

  /** The value of a selectable field: empty where the object has none. */
  field(path: string): string {
    return this.#fields?.[path] ?? '';
  }

  /** All of it, hidden fields too. Shared: must not be changed. */
  get object(): ApiObject {
    const known = this.#parsed?.deref();
    if (known !== undefined) return known;
    const { line } = this.#whole ?? this.#json;
    const parsed: ApiObject = JSON.parse(line.toString('utf8'));
    this.#parsed = new WeakRef(parsed);
    return parsed;
  }

  /** What clients see of it. Shared: must not be changed. */
  get shown(): ApiObject {
    return this.#whole === undefined ? this.object : JSON.parse(this.#json.line.toString('utf8'));
  }

  /** What clients see of it, as JSON, with a line's end. */
  get line(): Buffer {
    return this.#json.line;
  }

  /** Its `metadata`, as JSON. */
  get metadata(): Buffer {
    return this.#json.line.subarray(this.#json.metadataStart, this.#json.metadataEnd);
  }

  /** The same object with another resourceVersion, as a deletion shows it last. */
  at(revision: number): KeptObject {
    return new KeptObject(this.key, revision, {
      labels: this.labels,
      json: againAt(this.#json, this.revision, revision),
      whole: this.#whole && againAt(this.#whole, this.revision, revision),
      fields: this.#fields,
    });
  }
}

/** A scalar as selectors compare it (KEP-4358); empty where there is none. `path`: `spec.user`. */
function valueAt(object: ApiObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return '';
    value = Reflect.get(value, part);
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
