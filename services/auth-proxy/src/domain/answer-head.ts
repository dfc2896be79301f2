import { DroverError } from '@drover/errors';
import { isHopByHop, type ResponseHead } from '@drover/tunnel';
import { clustersPrefix } from './request-path.ts';

/** What a browser would keep, or do, for the hub's whole origin, of which a cluster is a part only. */
const ofOrigin: ReadonlySet<string> = new Set([
  'set-cookie',
  'alt-svc',
  'clear-site-data',
  'public-key-pins',
  'strict-transport-security',
]);

/**
 * An answer's head as the caller may see it. The hub relies on no agent: a status or a header that would change the
 * connection is not passed on, and a redirect leads to a path of the same cluster or nowhere (T14, T15).
 *
 * @throws DroverError `tunnel-protocol`, `redirect-refused`
 */
export function answerHead(
  { status, headers }: ResponseHead,
  { cluster, upgrade, requestId }: { readonly cluster: string; readonly upgrade: boolean; readonly requestId: string },
): { status: number; headers: string[] } {
  const switched = status === 101 && upgrade;
  if (!switched && (status < 200 || status > 599)) {
    throw new DroverError('tunnel-protocol', `the cluster answered with the status ${status}`);
  }
  const passed: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    // An agent writes names in lower case; in another case a name would pass every rule, here and after this.
    const name = (headers[at] ?? '').toLowerCase();
    const value = headers[at + 1] ?? '';
    if (isHopByHop(name)) {
      if (switched && name === 'upgrade') passed.push(name, value);
    } else if (ofOrigin.has(name)) continue;
    else if (name === 'location' && status >= 300 && status < 400) passed.push(name, below(cluster, value));
    else if (name !== 'audit-id') passed.push(name, value);
  }
  passed.push('audit-id', requestId);
  return { status, headers: passed };
}

/** A path on the cluster is, for the caller, below the cluster's own on the hub. */
function below(cluster: string, location: string): string {
  if (!location.startsWith('/') || location.startsWith('//')) {
    throw new DroverError('redirect-refused', 'the cluster answered with a redirect to another host');
  }
  return `${clustersPrefix}/${cluster}${location}`;
}
