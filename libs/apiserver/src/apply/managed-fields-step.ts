import type { WriteStep } from '../write.ts';
import { managedAfterUpdate } from './field-manager.ts';

/**
 * Keeps `metadata.managedFields` by every write that is not an apply, which brings its own. `program`: who the writes of
 * the program itself count for. Resources that nobody can apply have none.
 */
export function managedFieldsStep(program: string): WriteStep {
  return ({ type, before, after, part, operation, manager = program, nowMs }) => {
    if (operation === 'Apply' || type.verbs.length === 0) return after;
    const { managedFields: requested, ...metadata } = after.metadata;
    const subresource = part === 'main' || (part === 'status' && !type.status) ? undefined : part;
    const bare = { ...after, metadata };
    const managedFields = managedAfterUpdate(type, before, bare, requested, { manager, subresource }, nowMs);
    return managedFields === undefined ? bare : { ...bare, metadata: { ...metadata, managedFields } };
  };
}
