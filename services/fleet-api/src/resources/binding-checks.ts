import { type ApiObject, type FieldError, fieldErrors } from '@drover/apiserver';

interface BindingSubject {
  readonly user?: string;
  readonly group?: string;
}

/** Of `user` and `group`, one says who holds a role, and no other. */
export function checkSubject({ user, group }: BindingSubject): FieldError[] {
  if (user !== undefined && group !== undefined) {
    return [fieldErrors.forbidden('spec.group', 'may not be set together with spec.user')];
  }
  return user === undefined && group === undefined
    ? [fieldErrors.required('spec.user', 'a user or a group must be given')]
    : [];
}

/** Fields of `spec` that stay as they were made: who was bound to what must not turn into something else unseen. */
export function checkUnchanged<Spec extends object>(
  now: ApiObject & { spec: Spec },
  old: (ApiObject & { spec: Spec }) | undefined,
  names: readonly (keyof Spec & string)[],
): FieldError[] {
  if (old === undefined) return [];
  return names
    .filter(name => now.spec[name] !== old.spec[name])
    .map(name => fieldErrors.invalid(`spec.${name}`, now.spec[name] ?? '', 'field is immutable'));
}

/** `alice`, or `group dev`, for a column. */
export const holder = ({ user, group }: BindingSubject): string => user ?? `group ${group ?? ''}`;
