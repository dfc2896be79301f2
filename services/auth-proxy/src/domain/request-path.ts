import { isLabel } from '@drover/contracts';
import { DroverError } from '@drover/errors';

/** Where the requests to clusters are served. */
export const clustersPrefix = '/k8s/clusters';

/** A cluster's part of a request's target. */
export interface ClusterPath {
  readonly cluster: string;
  /** Path and query as the cluster shall see them; begins with one `/`. */
  readonly target: string;
}

/** A dot segment, plain or escaped (RFC 3986 §5.2.4 would take it out, and whoever does so sees another path). */
const dotSegment = /\/(\.|%2e){1,2}(\/|$)/i;
/** Escapes of control characters and of the backslash, which some servers read as `/`. */
const unsafeEscape = /%(0[0-9a-f]|1[0-9a-f]|7f|5c)/i;
/** Visible ASCII without backslash and `#`. */
const safeCharacters = /^[!-~]*$/;

const refuse = (why: string): never => {
  throw new DroverError('path-not-normal', `the path of the request is not in normal form: ${why}`);
};

/**
 * Splits `/k8s/clusters/<name>/…` (T16). The name must be written plainly, and the rest be free of dot segments and of
 * escapes that two servers could read differently; then it is passed on as it came, byte for byte.
 */
export function parseClusterPath(requestTarget: string): ClusterPath {
  if (!requestTarget.startsWith(`${clustersPrefix}/`)) return refuse(`it does not begin with ${clustersPrefix}/NAME`);
  if (!safeCharacters.test(requestTarget) || requestTarget.includes('\\') || requestTarget.includes('#')) {
    return refuse('it holds a character that must be escaped');
  }
  const rest = requestTarget.slice(clustersPrefix.length + 1);
  const nameEnd = rest.search(/[/?]/);
  const cluster = nameEnd < 0 ? rest : rest.slice(0, nameEnd);
  if (!isLabel(cluster)) return refuse(`${JSON.stringify(cluster.slice(0, 80))} is no cluster’s name`);
  const after = nameEnd < 0 ? '' : rest.slice(nameEnd);
  const target = after.startsWith('/') ? after : `/${after}`;
  const queryAt = target.indexOf('?');
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  if (path.startsWith('//')) return refuse('an empty segment follows the cluster’s name');
  if (dotSegment.test(path)) return refuse('it has a dot segment');
  if (unsafeEscape.test(path)) return refuse('it escapes a control character or a backslash');
  return { cluster, target };
}
