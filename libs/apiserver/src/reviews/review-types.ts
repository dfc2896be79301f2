import type { ResourceType } from '../resource-type.ts';
import type { Schema } from '../schema.ts';

const text = (description: string) => ({ type: 'string', description }) as const;
const texts = (description: string): Schema => ({ type: 'array', items: { type: 'string' }, description });
const extra: Schema = {
  type: 'object',
  description: 'What else is known of the user.',
  additionalProperties: { type: 'array', items: { type: 'string' } },
};
const free = (description: string): Schema => ({
  type: 'object',
  description,
  'x-kubernetes-preserve-unknown-fields': true,
});

const attributes: Readonly<Record<string, Schema>> = {
  resourceAttributes: {
    type: 'object',
    description: 'A request on objects.',
    properties: {
      namespace: text('The namespace; empty: none, or all.'),
      verb: text('What is to be done.'),
      group: text('The API group.'),
      version: text('The API version.'),
      resource: text('The plural.'),
      subresource: text('The subresource.'),
      name: text('The object’s name; empty: all.'),
      fieldSelector: free('Not looked at.'),
      labelSelector: free('Not looked at.'),
    },
  },
  nonResourceAttributes: {
    type: 'object',
    description: 'A request on a path that is no object’s.',
    properties: { path: text('The path.'), verb: text('The method, in lower case.') },
  },
};
const subject: Readonly<Record<string, Schema>> = {
  user: text('Whose rights are asked for.'),
  groups: texts('The user’s groups.'),
  extra,
  uid: text('The user’s uid.'),
};
const status = free('The answer.');

function review(
  kind: string,
  group: 'authentication.k8s.io' | 'authorization.k8s.io',
  options: Partial<ResourceType>,
): ResourceType {
  const singular = kind.toLowerCase();
  return {
    group,
    version: 'v1',
    kind,
    plural: `${singular}s`,
    singular,
    shortNames: [],
    namespaced: false,
    verbs: ['create'],
    status: false,
    columns: [],
    fields: { status },
    ...options,
  };
}

const withSpec = (description: string, properties: Readonly<Record<string, Schema>>): Partial<ResourceType> => ({
  description,
  required: ['spec'],
  fields: { spec: { type: 'object', description: 'What is asked.', properties }, status },
});

export const selfSubjectReviews = review('SelfSubjectReview', 'authentication.k8s.io', { description: 'Who am I?' });
export const tokenReviews = review(
  'TokenReview',
  'authentication.k8s.io',
  withSpec('Whose token is this?', { token: text('The bearer token.'), audiences: texts('Not looked at.') }),
);
export const selfSubjectAccessReviews = review(
  'SelfSubjectAccessReview',
  'authorization.k8s.io',
  withSpec('May I do this?', attributes),
);
export const subjectAccessReviews = review(
  'SubjectAccessReview',
  'authorization.k8s.io',
  withSpec('May that user do this?', { ...attributes, ...subject }),
);
export const localSubjectAccessReviews = review('LocalSubjectAccessReview', 'authorization.k8s.io', {
  ...withSpec('May that user do this in this namespace?', { ...attributes, ...subject }),
  namespaced: true,
});
export const selfSubjectRulesReviews = review(
  'SelfSubjectRulesReview',
  'authorization.k8s.io',
  withSpec('What may I do in a namespace?', { namespace: text('The namespace.') }),
);
