import type { FromSchema } from '../from-schema.ts';
import type { Schema } from '../schema.ts';

const texts = (description: string) =>
  ({
    type: 'array',
    description,
    maxItems: 512,
    items: { type: 'string', maxLength: 512 },
    'x-kubernetes-list-type': 'atomic',
  }) as const satisfies Schema;

/** One rule of a role, as `rbac.authorization.k8s.io/v1 PolicyRule`. */
export const policyRule = {
  type: 'object',
  description: 'Some things that may be done to some objects, or to some paths.',
  required: ['verbs'],
  properties: {
    verbs: texts(
      'What may be done: get, list, watch, create, update, patch, delete, deletecollection, bind, escalate, impersonate, or *.',
    ),
    apiGroups: texts('The API groups of the resources; "" is the core group, * is every group.'),
    resources: texts(
      'Resources by their plural, subresources as pods/exec, */scale for one of every resource, * for everything.',
    ),
    resourceNames: texts(
      'The names of the objects that are meant; without any all are, and those that are yet to be made.',
    ),
    nonResourceURLs: texts('Paths that are no object’s; a * at the end stands for whatever follows.'),
  },
} as const satisfies Schema;

/** A role's rules. */
export const policyRules = {
  type: 'array',
  description: 'What holders may do.',
  // More than any role needs; a binding's check against escalation looks at all of them.
  maxItems: 512,
  items: policyRule,
  'x-kubernetes-list-type': 'atomic',
} as const satisfies Schema;

/** Some things that may be done to some objects, or to some paths. */
export interface RoleRule extends FromSchema<typeof policyRule> {}
