/** What a request would do, in the terms of Kubernetes' RBAC. */
export type RequestVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Subresources that run something or open a connection: whatever the HTTP method, they count as `create` (T17). */
const connecting: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);
const writing: Readonly<Record<string, RequestVerb>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };
const watching = /[?&]watch=(1|t|T|true|TRUE|True)(&|$)/;

/**
 * The verb of a request to a kube-apiserver, by its method and its path (`/api/v1/…`, `/apis/GROUP/VERSION/…`), as
 * kube-apiserver's own request info reads them, but for what connects: WebSocket exec is a GET, and must not pass where
 * reading is allowed.
 */
export function requestVerb(method: string, target: string): RequestVerb {
  const queryAt = target.indexOf('?');
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  const { name, subresource } = resourcePath(path);
  if (subresource !== undefined && connecting.has(subresource)) return 'create';
  const verb = writing[method];
  if (verb !== undefined) return verb;
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete';
  if (queryAt >= 0 && watching.test(target.slice(queryAt))) return 'watch';
  return name === undefined && path.startsWith('/api') ? 'list' : 'get';
}

function resourcePath(path: string): { name: string | undefined; subresource: string | undefined } {
  const segments = path.split('/').slice(1);
  let at = segments[0] === 'api' ? 2 : segments[0] === 'apis' ? 3 : segments.length;
  // The path of a proxied service and the legacy form /api/v1/proxy/… are connections as well.
  if (segments[at] === 'proxy') return { name: undefined, subresource: 'proxy' };
  if (segments[at] === 'namespaces' && segments.length > at + 2) at += 2;
  return { name: segments[at + 1] || undefined, subresource: segments[at + 2] };
}
