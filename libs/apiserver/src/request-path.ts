import { noSuchPath } from './failures.ts';
import type { ResourceType } from './resource-type.ts';

/** Where a request is about an object or a collection. */
export interface ResourcePath {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: 'status' | undefined;
}

/**
 * `/apis/<group>/<version>/[namespaces/<ns>/]<plural>[/<name>[/status]]`. Throws `not-found` for any other path.
 * Only resources that offer a verb are found.
 */
export function parseResourcePath(path: string, types: readonly ResourceType[]): ResourcePath {
  const parts = path.split('/').slice(1).map(decode);
  if (parts.shift() !== 'apis') throw noSuchPath();
  const [group, version, ...rest] = parts;
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length >= 3) {
    namespace = rest[1];
    rest.splice(0, 2);
  }
  const [plural, name, subresource, ...more] = rest;
  const type = types.find(
    candidate =>
      candidate.group === group &&
      candidate.version === version &&
      candidate.plural === plural &&
      candidate.verbs.length > 0,
  );
  if (type === undefined || more.length > 0 || name === '') throw noSuchPath();
  if (type.namespaced ? namespace === undefined && name !== undefined : namespace !== undefined) throw noSuchPath();
  if (subresource === undefined) return { type, namespace, name, subresource };
  if (subresource !== 'status' || !type.status) throw noSuchPath();
  return { type, namespace, name, subresource };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noSuchPath();
  }
}
