import type { ObjectMeta } from '@drover/contracts';
import { foregroundFinalizer, orphanFinalizer } from './metadata-rules.ts';
import { isNamespaces, terminating } from './namespaces.ts';
import type { ApiObject } from './object.ts';
import type { ResourceType } from './resource-type.ts';
import { timestamp } from './timestamp.ts';

/** What becomes of the objects that a deleted object owns. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** Every {@link Propagation}. */
export const propagations: readonly Propagation[] = ['Foreground', 'Background', 'Orphan'];

/**
 * `object` as a deletion leaves it while something holds it back (a finalizer, or a namespace's content), or undefined where
 * it may go at once. Twice the same deletion changes nothing more.
 * (k8s.io/apiserver/pkg/registry/generic/registry/store.go)
 */
export function deletionMark<T extends ApiObject>(
  type: ResourceType,
  object: T,
  propagation: Propagation | undefined,
  nowMs: number,
): T | undefined {
  const metadata = withPropagation(object.metadata, propagation);
  if (isNamespaces(type)) {
    const deletionTimestamp = metadata.deletionTimestamp ?? timestamp(nowMs);
    const next = terminating({ ...object, metadata: { ...metadata, deletionTimestamp } });
    return isHeld(next) ? next : undefined;
  }
  const { deletionTimestamp, generation } = metadata;
  const begun: Partial<ObjectMeta> =
    deletionTimestamp === undefined ? { deletionTimestamp: timestamp(nowMs), deletionGracePeriodSeconds: 0 } : {};
  // What is wanted of the object has changed: that it goes.
  if (deletionTimestamp === undefined && generation !== undefined) begun.generation = generation + 1;
  const next: T = { ...object, metadata: { ...metadata, ...begun } };
  return isHeld(next) ? next : undefined;
}

/** Whether an object whose deletion has begun has to wait. */
export function isHeld(object: ApiObject): boolean {
  if ((object.metadata.finalizers ?? []).length > 0) return true;
  // Only a namespace has finalizers there.
  const spec: unknown = Reflect.get(object, 'spec');
  const held: unknown = typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'finalizers') : undefined;
  return object.kind === 'Namespace' && Array.isArray(held) && held.length > 0;
}

/** What a deletion asks for counts before the finalizers that say it beforehand. */
function withPropagation(metadata: ObjectMeta, propagation: Propagation | undefined): ObjectMeta {
  if (propagation === undefined) return metadata;
  const { finalizers = [], ...rest } = metadata;
  const wanted =
    propagation === 'Orphan' ? orphanFinalizer : propagation === 'Foreground' ? foregroundFinalizer : undefined;
  const others = finalizers.filter(name => name !== orphanFinalizer && name !== foregroundFinalizer);
  if (wanted !== undefined && finalizers.includes(wanted) && others.length === finalizers.length - 1) return metadata;
  const next = wanted === undefined ? others : [...others, wanted];
  return next.length === 0 ? rest : { ...rest, finalizers: next };
}
