import type { ObjectMeta } from '@drover/contracts';
import { fieldErrors } from './field-errors.ts';
import { labelMistakes } from './metadata-rules.ts';
import type { ApiObject } from './object.ts';
import type { ResourceType, Verb } from './resource-type.ts';

/** `v1/Namespace`, the home of the objects of namespaced kinds. */
export interface Namespace extends ApiObject {
  apiVersion: 'v1';
  kind: 'Namespace';
  spec?: { finalizers?: string[] };
  status?: { phase?: 'Active' | 'Terminating' };
}

/** Every namespace carries its name as a label, so that selectors can name it (KEP-2161). */
const nameLabel = 'kubernetes.io/metadata.name';
/** Holds a namespace until it is empty. */
export const namespaceFinalizer = 'kubernetes';

/**
 * The kind `Namespace`. An API that has it among its types lets objects be made in namespaces that exist, and deletes
 * what is in a namespace before the namespace.
 */
export function namespacesWith(verbs: readonly Verb[]): ResourceType<Namespace> {
  return {
    group: '',
    version: 'v1',
    kind: 'Namespace',
    plural: 'namespaces',
    singular: 'namespace',
    shortNames: ['ns'],
    description: 'A home for the objects of namespaced kinds, which go with it.',
    namespaced: false,
    verbs,
    status: true,
    fields: {
      spec: {
        type: 'object',
        description: 'What is wanted of the namespace.',
        properties: {
          finalizers: {
            type: 'array',
            items: { type: 'string' },
            description: 'What holds the namespace back when it is deleted; `kubernetes` until it is empty.',
          },
        },
      },
      status: {
        type: 'object',
        description: 'What is known of the namespace.',
        properties: { phase: { type: 'string', enum: ['Active', 'Terminating'], description: 'Its phase of life.' } },
      },
    },
    columns: [
      {
        name: 'Status',
        type: 'string',
        description: 'The phase of the namespace.',
        cell: namespace => namespace.status?.phase ?? '',
      },
    ],
    validate: ({ metadata: { name } }) =>
      labelMistakes(name).map(mistake => fieldErrors.invalid('metadata.name', name, mistake)),
  };
}

/** Whether a resource is the one of namespaces. */
export const isNamespaces = (type: ResourceType): boolean => type.group === '' && type.plural === 'namespaces';

/** A new namespace, as the API server completes it; like kube-apiserver's it has no generation. */
export function newNamespace<T extends ApiObject>(object: T): T {
  const { generation: _, ...metadata } = labelled(object.metadata);
  return { ...object, metadata, spec: { finalizers: [namespaceFinalizer] }, status: { phase: 'Active' } };
}

/** A changed namespace: its finalizers in `spec` are the API server's own, and its label stays. */
export const changedNamespace = <T extends ApiObject>(object: T, current: ApiObject): T => ({
  ...object,
  metadata: labelled(object.metadata),
  spec: Reflect.get(current, 'spec'),
});

/** A namespace whose deletion has begun. */
export const terminating = <T extends ApiObject>(object: T): T => ({ ...object, status: { phase: 'Terminating' } });

/** A namespace with nothing in it: it may go. */
export const emptied = <T extends ApiObject>(object: T): T => ({ ...object, spec: {} });

const labelled = (metadata: ObjectMeta): ObjectMeta => ({
  ...metadata,
  labels: { ...metadata.labels, [nameLabel]: metadata.name },
});
