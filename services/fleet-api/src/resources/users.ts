import { allVerbs, type FieldError, type ResourceType } from '@drover/apiserver';
import { type User, userKind } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { checkCarriable, isSystemName } from '@drover/identity';

/** `kubectl get users` */
export const users: ResourceType<User> = {
  ...userKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Groups',
      type: 'string',
      description: 'The groups of the user.',
      jsonPath: '.spec.groups',
      cell: user => (user.spec.groups ?? []).join(','),
    },
    {
      name: 'Disabled',
      type: 'string',
      description: 'Whether the user is refused.',
      jsonPath: '.spec.disabled',
      cell: user => String(user.spec.disabled ?? false),
    },
  ],
  validate: user => checkNames(user),
};

/** Names must reach a cluster in a header unchanged, and none may look like one of Kubernetes' own (T4). */
function checkNames(user: User): FieldError[] {
  const groups = user.spec.groups ?? [];
  const reserved = groups.findIndex(isSystemName);
  if (reserved >= 0) {
    const message = `Invalid value: ${JSON.stringify(groups[reserved])}: names that begin with system: belong to Kubernetes`;
    return [{ field: `spec.groups[${reserved}]`, reason: 'FieldValueInvalid', message }];
  }
  // That there is no name is told already.
  if (user.metadata.name === '') return [];
  try {
    checkCarriable(user.metadata.name, groups);
    return [];
  } catch (error) {
    return [
      {
        field: 'spec.groups',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${DroverError.from(error).message}`,
      },
    ];
  }
}
