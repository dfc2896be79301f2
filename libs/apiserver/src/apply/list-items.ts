import { isRecord } from '../object.ts';
import { keyElement, type PathElement, valueElement } from './path-element.ts';
import type { Structure } from './structure.ts';

/** A list whose items are shared one by one. */
export type SharedList = Structure & { kind: 'set' | 'list' };

/** The element of an item; undefined where it lacks one of its keys. */
export function itemElement(structure: SharedList, item: unknown): PathElement | undefined {
  if (structure.kind === 'set') return valueElement(item);
  if (!isRecord(item)) return undefined;
  const keys: [string, unknown][] = [];
  for (const name of structure.keys) {
    const value = item[name] ?? structure.defaults[name];
    if (value === undefined) return undefined;
    keys.push([name, value]);
  }
  return keyElement(Object.fromEntries(keys));
}

/** The items by their element, in order; of equal ones the first. One without its keys is told by its place. */
export function indexItems(structure: SharedList, items: unknown): Map<PathElement, unknown> {
  const index = new Map<PathElement, unknown>();
  if (!Array.isArray(items)) return index;
  for (const [place, item] of items.entries()) {
    const element = itemElement(structure, item) ?? `i:${place}`;
    if (!index.has(element)) index.set(element, item);
  }
  return index;
}

/** The structure of the list's items. */
export const itemStructure = (structure: SharedList): Structure =>
  structure.kind === 'list' ? structure.item : { kind: 'leaf' };
