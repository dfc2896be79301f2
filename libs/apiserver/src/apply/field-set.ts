import { isRecord } from '../object.ts';
import { compareElements, type PathElement, readElement } from './path-element.ts';

/**
 * A set of paths into an object, as a tree; never changed once it is made. A path may be in it and have others below it:
 * who owns an item of a list owns `k:{…}` and fields within.
 */
export interface FieldSet {
  /** Whether the path that leads here is itself in the set. */
  readonly member: boolean;
  /** What is in the set below it. No subtree is empty. */
  readonly below: ReadonlyMap<PathElement, FieldSet>;
}

/** A set as it is stored, in the form of `metav1.FieldsV1`: `{"f:spec":{"f:size":{}}}`. */
export interface FieldsV1 {
  [element: string]: FieldsV1;
}

/** The set of nothing. */
export const emptySet: FieldSet = Object.freeze({ member: false, below: new Map<PathElement, FieldSet>() });

const leaf: FieldSet = Object.freeze({ member: true, below: emptySet.below });

/** Whether nothing is in it. */
export const isEmpty = (set: FieldSet): boolean => !set.member && set.below.size === 0;

/** Deeper than any schema goes; a client's deeper set is refused before it exhausts the stack. */
const maxDepth = 100;

/** The set of the given paths. */
export function setOf(paths: Iterable<readonly PathElement[]>): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.add(path);
  return builder.build();
}

interface Node {
  member: boolean;
  below: Map<PathElement, Node>;
}

/** Makes a set path by path. */
export class FieldSetBuilder {
  readonly #root: Node = { member: false, below: new Map() };

  add(path: readonly PathElement[]): void {
    let at = this.#root;
    for (const element of path) {
      let next = at.below.get(element);
      if (next === undefined) {
        next = { member: false, below: new Map() };
        at.below.set(element, next);
      }
      at = next;
    }
    at.member = true;
  }

  /** The set; nothing may be added any more. */
  build(): FieldSet {
    return this.#root;
  }
}

/** What is in either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  const below = new Map(a.below);
  for (const [element, set] of b.below) {
    const other = below.get(element);
    below.set(element, other === undefined ? set : union(other, set));
  }
  return { member: a.member || b.member, below };
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  return combined(a.member && b.member, a, (set, element) => {
    const other = b.below.get(element);
    return other === undefined ? emptySet : intersection(set, other);
  });
}

/** What is in `a` and not in `b`. A path in `b` takes only itself away, and nothing below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a;
  return combined(a.member && !b.member, a, (set, element) => {
    const other = b.below.get(element);
    return other === undefined ? set : difference(set, other);
  });
}

function combined(member: boolean, of: FieldSet, change: (set: FieldSet, element: PathElement) => FieldSet): FieldSet {
  const below = new Map<PathElement, FieldSet>();
  for (const [element, set] of of.below) {
    const changed = change(set, element);
    if (!isEmpty(changed)) below.set(element, changed);
  }
  return { member, below };
}

/** Whether both hold the same paths. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.member !== b.member || a.below.size !== b.below.size) return false;
  return [...a.below].every(([element, set]) => {
    const other = b.below.get(element);
    return other !== undefined && equalSets(set, other);
  });
}

/** Whether a path is in the set. */
export function hasPath(set: FieldSet, path: readonly PathElement[]): boolean {
  let at: FieldSet | undefined = set;
  for (const element of path) at = at?.below.get(element);
  return at?.member ?? false;
}

/** Every path, those of one level before what is below them: the order in which Kubernetes tells conflicts. */
export function* pathsOf(set: FieldSet, prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
  const elements = sorted(set);
  for (const [element, { member }] of elements) if (member) yield [...prefix, element];
  for (const [element, below] of elements) yield* pathsOf(below, [...prefix, element]);
}

const sorted = (set: FieldSet): [PathElement, FieldSet][] =>
  set.below.size < 2 ? [...set.below] : [...set.below].sort(([a], [b]) => compareElements(a, b));

/** The set as it is stored. */
export function encodeSet(set: FieldSet): FieldsV1 {
  const fields: FieldsV1 = {};
  // A path with nothing below it is `{}`; one that has something says by `.` that it is in the set as well.
  if (set.member && set.below.size > 0) fields['.'] = {};
  for (const [element, below] of sorted(set)) fields[element] = encodeSet(below);
  return fields;
}

/** A stored set. Throws `SyntaxError` where it is malformed. */
export function decodeSet(fields: unknown, depth = 0): FieldSet {
  if (!isRecord(fields)) throw new SyntaxError('a set of fields is a JSON object');
  if (depth > maxDepth) throw new SyntaxError(`a set of fields is at most ${maxDepth} levels deep`);
  const below = new Map<PathElement, FieldSet>();
  let member = false;
  for (const [key, value] of Object.entries(fields)) {
    if (key === '.') {
      member = true;
      continue;
    }
    const element = readElement(key);
    if (element === undefined) continue;
    const set = isRecord(value) && Object.keys(value).length === 0 ? leaf : decodeSet(value, depth + 1);
    const other = below.get(element);
    if (!isEmpty(set)) below.set(element, other === undefined ? set : union(other, set));
  }
  return { member, below };
}
