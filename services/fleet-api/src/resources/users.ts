import { allVerbs, type FieldError, type ResourceType } from '@drover/apiserver';
import { resources, type User } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { checkCarriable, isSystemName } from '@drover/identity';

/** `kubectl get users` */
export const users: ResourceType<User> = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'User',
  plural: resources.users,
  singular: 'user',
  shortNames: [],
  namespaced: false,
  verbs: allVerbs,
  status: false,
  fields: {
    spec: {
      type: 'object',
      description: 'A person or a program that the hub knows.',
      properties: {
        displayName: { type: 'string', maxLength: 253, description: 'A name for people.' },
        groups: {
          type: 'array',
          maxItems: 512,
          items: { type: 'string', maxLength: 253 },
          description: 'Groups without prefix; members of `admins` administer the hub and every cluster.',
        },
        disabled: { type: 'boolean', description: 'A disabled user is refused everywhere.' },
      },
    },
  },
  columns: [
    {
      name: 'Groups',
      type: 'string',
      description: 'The groups of the user.',
      jsonPath: '.spec.groups',
      cell: user => (user.spec?.groups ?? []).join(','),
    },
    {
      name: 'Disabled',
      type: 'string',
      description: 'Whether the user is refused.',
      jsonPath: '.spec.disabled',
      cell: user => String(user.spec?.disabled ?? false),
    },
  ],
  validate: user => checkNames(user),
};

/** Names must reach a cluster in a header unchanged, and none may look like one of Kubernetes' own (T4). */
function checkNames(user: User): FieldError[] {
  const groups = user.spec?.groups ?? [];
  const reserved = groups.findIndex(isSystemName);
  if (reserved >= 0) {
    const message = `Invalid value: ${JSON.stringify(groups[reserved])}: names that begin with system: belong to Kubernetes`;
    return [{ field: `spec.groups[${reserved}]`, reason: 'FieldValueInvalid', message }];
  }
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
