import { isRecord } from '../object.ts';
import { type FieldSet, FieldSetBuilder } from './field-set.ts';
import { indexItems, itemStructure } from './list-items.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { fieldStructure, formOf, type Structure } from './structure.ts';

/**
 * The fields that who applies `value` owns: its leaves, the keys of maps, the items of lists that are shared item by item,
 * and objects that are given empty. A declared field that has fields is not itself owned: nobody decides on it alone.
 */
export function ownedFields(structure: Structure, value: unknown): FieldSet {
  const builder = new FieldSetBuilder();
  const path: PathElement[] = [];
  visit(structure, value);
  return builder.build();

  function visit(declared: Structure, found: unknown): void {
    const form = formOf(declared, found);
    switch (form.kind) {
      case 'leaf':
        return builder.add(path);
      case 'object':
        for (const [name, item] of isRecord(found) ? Object.entries(found) : []) {
          const field = fieldStructure(form, name);
          if (field === undefined) continue;
          path.push(fieldElement(name));
          visit(field, item);
          if (!form.fields.has(name) || item === null || (isRecord(item) && Object.keys(item).length === 0)) {
            builder.add(path);
          }
          path.pop();
        }
        return;
      case 'set':
      case 'list':
        for (const [element, item] of indexItems(form, found)) {
          path.push(element);
          visit(itemStructure(form), item);
          builder.add(path);
          path.pop();
        }
    }
  }
}
