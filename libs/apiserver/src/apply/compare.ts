import { isRecord } from '../object.ts';
import { same } from '../object-change.ts';
import { type FieldSet, FieldSetBuilder } from './field-set.ts';
import { indexItems, itemStructure } from './list-items.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { fieldStructure, formOf, type Structure } from './structure.ts';

/** How a value became another. No path is in two of the sets. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What differs, by the fields that can have owners; `undefined` is what is not there. */
export function compare(structure: Structure, old: unknown, now: unknown): Comparison {
  const added = new FieldSetBuilder();
  const modified = new FieldSetBuilder();
  const removed = new FieldSetBuilder();
  const path: PathElement[] = [];
  visit(structure, old, now);
  return { added: added.build(), modified: modified.build(), removed: removed.build() };

  function visit(declared: Structure, before: unknown, after: unknown): void {
    // What is the same has nothing to tell, and most of an object is.
    if (before === after) return;
    const form = formOf(declared, after === undefined ? before : after);
    const formBefore = before === undefined ? form : formOf(declared, before);
    if (form.kind !== formBefore.kind) {
      visit(declared, before, undefined);
      visit(declared, undefined, after);
      return;
    }
    // Empty against absent is a difference of the whole, and not of any part.
    if (form.kind === 'leaf' || (isBare(before) && isBare(after))) {
      if (before === undefined) added.add(path);
      else if (after === undefined) removed.add(path);
      else if (!same(before, after)) modified.add(path);
      return;
    }
    if (form.kind === 'object') {
      const [left, right] = [isRecord(before) ? before : {}, isRecord(after) ? after : {}];
      for (const name of Object.keys(left)) {
        step(fieldElement(name), fieldStructure(form, name), left[name], own(right, name));
      }
      for (const name of Object.keys(right)) {
        if (!Object.hasOwn(left, name)) step(fieldElement(name), fieldStructure(form, name), undefined, right[name]);
      }
    } else {
      const [left, right] = [indexItems(form, before), indexItems(form, after)];
      for (const [element, item] of left) step(element, itemStructure(form), item, right.get(element));
      for (const [element, item] of right) {
        if (!left.has(element)) step(element, itemStructure(form), undefined, item);
      }
    }
    if (before === undefined) added.add(path);
    else if (after === undefined) removed.add(path);
  }

  function step(element: PathElement, declared: Structure | undefined, before: unknown, after: unknown): void {
    if (declared === undefined) return;
    path.push(element);
    visit(declared, before, after);
    path.pop();
  }
}

const own = (record: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const isBare = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0);
