import { DroverError } from '@drover/errors';

/** Which object: what its path is made of. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** An object as the kube-apiserver gives it. */
export interface KubeObject extends ObjectRef {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** The kinds that Drover itself writes, so that no discovery is needed before the first write. */
const kinds: Readonly<Record<string, { readonly plural: string; readonly namespaced: boolean }>> = Object.freeze({
  'v1/Namespace': { plural: 'namespaces', namespaced: false },
  'v1/ServiceAccount': { plural: 'serviceaccounts', namespaced: true },
  'v1/Secret': { plural: 'secrets', namespaced: true },
  'v1/ConfigMap': { plural: 'configmaps', namespaced: true },
  'apps/v1/Deployment': { plural: 'deployments', namespaced: true },
  'rbac.authorization.k8s.io/v1/Role': { plural: 'roles', namespaced: true },
  'rbac.authorization.k8s.io/v1/RoleBinding': { plural: 'rolebindings', namespaced: true },
  'rbac.authorization.k8s.io/v1/ClusterRole': { plural: 'clusterroles', namespaced: false },
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': { plural: 'clusterrolebindings', namespaced: false },
});

/**
 * The path of an object, or of its collection.
 *
 * @example
 * pathOf({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'b' } }, 'object');
 * // '/api/v1/namespaces/b/secrets/a'
 */
export function pathOf({ apiVersion, kind, metadata }: ObjectRef, of: 'object' | 'collection'): string {
  const entry = kinds[`${apiVersion}/${kind}`];
  if (entry === undefined) throw new DroverError('internal', `${apiVersion} ${kind} is not a kind that Drover writes`);
  if (entry.namespaced !== (metadata.namespace !== undefined)) {
    throw new DroverError('internal', `${kind} ${metadata.name} ${entry.namespaced ? 'needs a' : 'has no'} namespace`);
  }
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(metadata.namespace)}`;
  const collection = `${root}${scope}/${entry.plural}`;
  return of === 'collection' ? collection : `${collection}/${encodeURIComponent(metadata.name)}`;
}
