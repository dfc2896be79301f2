import { DroverError } from '@drover/errors';
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
 * `/apis/<group>/<version>/[namespaces/<ns>/]<plural>[/<name>[/status]]`, and `/api/<version>/…` for the core group. Throws
 * `not-found` for any other path, `bad-request` for a name that none can have. Only resources that offer a verb are found.
 */
export function parseResourcePath(path: string, types: readonly ResourceType[]): ResourcePath {
  const written = path.split('/').slice(1);
  const [root, ...parts] = path.includes('%') ? written.map(decode) : written;
  if (root !== 'api' && root !== 'apis') throw noSuchPath();
  const group = root === 'api' ? '' : parts.shift();
  if (root === 'apis' && group === '') throw noSuchPath();
  const [version, ...rest] = parts;
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length >= 3 && !isNamespaceItself(group, rest)) {
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
  if (name !== undefined) requireSegment(name);
  if (subresource === undefined) return { type, namespace, name, subresource };
  if (subresource !== 'status' || !type.status) throw noSuchPath();
  return { type, namespace, name, subresource };
}

/** A name that could not stand in a path as it is. (k8s.io/apimachinery/pkg/api/validation/path) */
function requireSegment(name: string): void {
  const wrong = ['.', '..'].includes(name)
    ? [`may not be '${name}'`]
    : ['/', '%'].filter(sign => name.includes(sign)).map(sign => `may not contain '${sign}'`);
  if (wrong.length === 0) return;
  throw new DroverError('bad-request', `Name parameter invalid: ${JSON.stringify(name)}: ${wrong.join(';')}`);
}

/** `/api/v1/namespaces/<name>/status` is about the namespace, not about things called `status` in it. */
const isNamespaceItself = (group: string | undefined, rest: readonly string[]): boolean =>
  group === '' && rest.length === 3 && ['status', 'finalize'].includes(rest[2] ?? '');

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noSuchPath();
  }
}
