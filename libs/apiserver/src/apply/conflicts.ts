import { DroverError } from '@drover/errors';
import { type FieldSet, pathsOf } from './field-set.ts';
import type { Manager } from './managed-fields.ts';
import { type PathElement, pathText } from './path-element.ts';

/** A field that somebody else owns with another value. */
export interface Conflict {
  readonly manager: Manager;
  readonly path: readonly PathElement[];
}

/** The conflicts about the fields of one manager. */
export const conflictsWith = (manager: Manager, fields: FieldSet): Conflict[] =>
  [...pathsOf(fields)].map(path => ({ manager, path }));

/** `Apply failed with 1 conflict: conflict with "bob" using example.dev/v1: .spec.size` (409), as kubectl explains it. */
export function applyConflict(conflicts: readonly Conflict[]): DroverError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(manager)}`,
    field: pathText(path),
  }));
  return new DroverError('conflict', messageOf(conflicts), { details: { status: { causes } } });
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.manager)}: ${pathText(first.path)}`;
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => managerText(manager));
  const lines = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([manager, list]) => [`conflicts with ${manager}:`, ...list.map(({ path }) => `- ${pathText(path)}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function managerText({ name, operation, apiVersion, subresource }: Manager): string {
  const within = subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const using = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `${JSON.stringify(name)}${within}${using}`;
}
