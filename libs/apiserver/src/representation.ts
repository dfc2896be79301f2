import { DroverError } from '@drover/errors';
import type { ApiObject } from './object.ts';
import type { ResourceType } from './resource-type.ts';
import { type IncludeObject, partialOf, tableOf } from './table.ts';

/** In which form a client wants objects: as they are, as rows of a table, or their metadata only. */
export type Form = 'object' | 'table' | 'metadata';

/** Turns objects into what one client asked for. */
export interface Representation {
  readonly form: Form;
  readonly include: IncludeObject;
}

/**
 * The form that the `Accept` header prefers of those that exist. `many`: the answer is a list. Throws `not-acceptable`, also
 * where the metadata of one object are asked of a list, or the other way round.
 */
export function negotiate(accept: string | undefined, includeObject: string | null, many: boolean): Representation {
  const include = includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata';
  const known = includeObject === null || ['', 'Metadata', include].includes(includeObject);
  for (const range of (accept ?? '*/*').split(',')) {
    const [mediaType = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase());
    if (!['application/json', 'application/*', '*/*'].includes(mediaType)) continue;
    const wanted = new Map(parameters.map(parameter => split(parameter)));
    const as = wanted.get('as');
    if (as === undefined) return { form: 'object', include };
    if (wanted.get('g') !== 'meta.k8s.io' || wanted.get('v') !== 'v1') continue;
    if (as === 'table') {
      if (known) return { form: 'table', include };
      const said = `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(includeObject)}`;
      throw new DroverError('bad-request', `${said}: must be 'Metadata', 'Object', 'None', or empty`);
    }
    if (as === (many ? 'partialobjectmetadatalist' : 'partialobjectmetadata')) return { form: 'metadata', include };
    if (as === 'partialobjectmetadata') throw mismatch('PartialObjectMetadata', 'is a list');
    if (as === 'partialobjectmetadatalist') throw mismatch('PartialObjectMetadataList', 'is not a list');
  }
  throw new DroverError('not-acceptable', 'only the following media types are accepted: application/json');
}

const mismatch = (kind: string, is: string): DroverError =>
  new DroverError('not-acceptable', `you requested ${kind}, but the requested object ${is}`);

const split = (parameter: string): [string, string] => {
  const at = parameter.indexOf('=');
  return [parameter.slice(0, at), parameter.slice(at + 1)];
};

/** One object in the form that was asked for. `columns`: whether a table carries their definitions. */
export function presentOne(
  type: ResourceType,
  object: ApiObject,
  wanted: Representation,
  nowMs: number,
  columns = true,
): unknown {
  const { resourceVersion } = object.metadata;
  if (wanted.form === 'table')
    return tableOf(type, [object], { nowMs, include: wanted.include, metadata: { resourceVersion }, columns });
  return wanted.form === 'metadata' ? partialOf(object) : object;
}
