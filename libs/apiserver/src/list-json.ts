import type { KeptObject } from './kept-object.ts';
import type { ResourceType } from './resource-type.ts';
import { groupVersion } from './resource-type.ts';

/** `metav1.ListMeta`, as a list carries it. */
export interface ListMeta {
  readonly continue: string;
  readonly remainingItemCount?: number;
  readonly resourceVersion: string;
}

/** Pieces of a list's JSON. */
interface ListForm {
  readonly head: string;
  readonly beforeItem: string;
  readonly afterItem: string;
  bytesOf(object: KeptObject): Buffer;
  /** How many of those bytes, counted from the end, are not JSON. */
  readonly trailing: number;
}

/** `<Kind>List` of whole objects, by copying their bytes. */
export const objectList = (type: ResourceType, objects: readonly KeptObject[], metadata: ListMeta): Buffer =>
  listJson(objects, metadata, {
    head: `{"apiVersion":${JSON.stringify(groupVersion(type))},"kind":${JSON.stringify(`${type.kind}List`)}`,
    beforeItem: '',
    afterItem: '',
    bytesOf: object => object.line,
    trailing: 1,
  });

const partialHead = '{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":';

/** `PartialObjectMetadataList`, by copying the bytes of metadata. */
export const partialList = (objects: readonly KeptObject[], metadata: ListMeta): Buffer =>
  listJson(objects, withoutEmptyToken(metadata), {
    head: '{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"',
    beforeItem: partialHead,
    afterItem: '}',
    bytesOf: object => object.metadata,
    trailing: 0,
  });

/** `PartialObjectMetadata` of one object, and a line's end. */
export const partialLine = (object: KeptObject): Buffer =>
  Buffer.concat([Buffer.from(partialHead), object.metadata, Buffer.from('}\n')]);

/** As Go writes a `ListMeta`; only lists of custom resources tell an empty token. */
export const withoutEmptyToken = ({ continue: token, ...metadata }: ListMeta): object =>
  token === '' ? metadata : { ...metadata, continue: token };

function listJson(objects: readonly KeptObject[], metadata: object, form: ListForm): Buffer {
  const head = Buffer.from(`${form.head},"metadata":${JSON.stringify(metadata)},"items":[`);
  const tail = Buffer.from(']}\n');
  const before = Buffer.from(form.beforeItem);
  const between = Buffer.from(`${form.afterItem},${form.beforeItem}`);
  const after = Buffer.from(form.afterItem);
  const parts = objects.map(form.bytesOf);
  let length = head.length + before.length + after.length + tail.length + between.length * parts.length;
  for (const part of parts) length += part.length;
  const json = Buffer.allocUnsafeSlow(length);
  let at = head.copy(json);
  if (parts.length > 0) at += before.copy(json, at);
  parts.forEach((part, index) => {
    if (index > 0) at += between.copy(json, at);
    at += part.copy(json, at, 0, part.length - form.trailing);
  });
  if (parts.length > 0) at += after.copy(json, at);
  at += tail.copy(json, at);
  return json.subarray(0, at);
}
