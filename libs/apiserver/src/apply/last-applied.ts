import { type ApiObject, fieldsOf, isRecord } from '../object.ts';
import { groupVersion, type ResourceType } from '../resource-type.ts';
import { compare } from './compare.ts';
import { difference, type FieldSet } from './field-set.ts';
import { objectStructure } from './object-structure.ts';
import { ownedFields } from './owned-fields.ts';
import { canonicalJson } from './path-element.ts';

/** Where `kubectl apply` without `--server-side` keeps what it applied. */
const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** Who applies with `kubectl apply --server-side`, unless told otherwise. */
const kubectlManager = 'kubectl';

/** Annotations of one object hold at most this much; kubectl's is given up before it refuses the object. */
const maxAnnotationsBytes = 256 * 1024;

/** The fields that kubectl applied by itself and that are still as it left them; undefined where it did not. */
export function lastAppliedFields(type: ResourceType, live: ApiObject | undefined): FieldSet | undefined {
  const text = live?.metadata.annotations?.[annotation] ?? '';
  if (live === undefined || text === '') return undefined;
  const config = parsed(text);
  if (!isRecord(config) || config['apiVersion'] !== groupVersion(type)) return undefined;
  const structure = objectStructure(type);
  const { added, modified, removed } = compare(structure, config, fieldsOf(live));
  return [added, modified, removed].reduce(difference, ownedFields(structure, config));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes into `metadata`, which it changes, what kubectl applies now, where it once applied by itself: an older kubectl that applies again must not undo the newer one's work.
 */
export function withLastApplied(
  metadata: Record<string, unknown>,
  config: Readonly<Record<string, unknown>>,
  manager: string,
): void {
  const { annotations } = metadata;
  if (manager !== kubectlManager || !isRecord(annotations) || annotations[annotation] === undefined) return;
  const others = Object.entries(annotations).filter(([name]) => name !== annotation);
  const text = `${canonicalJson(withoutItself(config))}\n`;
  const bytes = others.reduce((sum, [name, value]) => sum + name.length + String(value).length, text.length);
  metadata['annotations'] = {
    ...Object.fromEntries(others),
    ...(bytes > maxAnnotationsBytes ? {} : { [annotation]: text }),
  };
}

function withoutItself(config: Readonly<Record<string, unknown>>): unknown {
  const metadata = isRecord(config['metadata']) ? config['metadata'] : {};
  const { managedFields: _, ...rest } = metadata;
  if (!isRecord(rest['annotations'])) return { ...config, metadata: rest };
  const annotations = Object.entries(rest['annotations']).filter(([name]) => name !== annotation);
  return { ...config, metadata: { ...rest, annotations: Object.fromEntries(annotations) } };
}
