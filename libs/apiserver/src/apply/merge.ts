import { isRecord } from '../object.ts';
import { emptySet, type FieldSet, isEmpty } from './field-set.ts';
import { indexItems, itemElement, itemStructure, type SharedList } from './list-items.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { fieldStructure, formOf, leafStructure, type Structure } from './structure.ts';

/** `live` with everything that `applied` says; nothing is taken away. Both are left alone. */
export function merge(structure: Structure, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const form = formOf(structure, applied);
  if (formOf(structure, live).kind !== form.kind) return applied;
  switch (form.kind) {
    case 'leaf':
      return applied;
    case 'object': {
      if (!isRecord(live) || !isRecord(applied)) return live === null ? applied : live;
      const merged = new Map(Object.entries(live));
      for (const [name, value] of Object.entries(applied)) {
        const field = fieldStructure(form, name) ?? leafStructure;
        merged.set(name, merge(field, merged.get(name), value));
      }
      return Object.fromEntries(merged);
    }
    case 'set':
    case 'list':
      if (!Array.isArray(live) || !Array.isArray(applied)) return live === null ? applied : live;
      return mergeItems(form, live, applied);
  }
}

/**
 * Items of both in the order of `applied`; those that only `live` has stay before the shared item that they were before.
 */
function mergeItems(form: SharedList, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const [left, right] = [indexItems(form, live), indexItems(form, applied)];
  const waiting = [...right.keys()];
  const merged: unknown[] = [];
  const take = (element: PathElement): void => {
    merged.push(merge(itemStructure(form), left.get(element), right.get(element)));
  };
  let next = 0;
  let shared = following(0);
  for (const element of left.keys()) {
    if (!right.has(element)) take(element);
    // A shared item that comes later in `applied` is taken at its place there.
    if (waiting[shared] !== element) continue;
    for (; next <= shared; next++) take(waiting[next] ?? element);
    shared = following(next);
  }
  for (const element of waiting.slice(next)) take(element);
  return merged;

  function following(place: number): number {
    let at = place;
    for (let element = waiting[at]; element !== undefined && !left.has(element); element = waiting[at]) at++;
    return at;
  }
}

/**
 * `value` without what is in `gone` and not in `kept`. Whoever keeps a part of a declared field keeps the field; whoever
 * keeps a part of an item, or of a key of a map, does not keep the item.
 */
export function without(structure: Structure, value: unknown, gone: FieldSet, kept: FieldSet): unknown {
  const form = formOf(structure, value);
  if (form.kind === 'object' && isRecord(value)) {
    const left = new Map<string, unknown>();
    for (const [name, item] of Object.entries(value)) {
      const element = fieldElement(name);
      const lost = gone.below.get(element);
      const held = kept.below.get(element) ?? emptySet;
      const declared = form.fields.has(name);
      if (lost === undefined) left.set(name, item);
      else if (holds(held, declared) || !holds(lost, declared)) {
        left.set(name, without(fieldStructure(form, name) ?? leafStructure, item, lost, held));
      }
    }
    return Object.fromEntries(left);
  }
  if ((form.kind === 'set' || form.kind === 'list') && Array.isArray(value)) {
    return value.flatMap(item => {
      const element = itemElement(form, item);
      const lost = element === undefined ? undefined : gone.below.get(element);
      if (element === undefined || lost === undefined) return [item];
      const held = kept.below.get(element) ?? emptySet;
      if (!held.member && lost.member) return [];
      return [without(itemStructure(form), item, lost, held)];
    });
  }
  return value;
}

const holds = (set: FieldSet, declared: boolean): boolean => set.member || (declared && !isEmpty(set));
