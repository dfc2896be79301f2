import { DroverError } from '@drover/errors';

/**
 * A redirect is never followed, and passed on only within the kube-apiserver (T15): an absolute `Location` on its own
 * host becomes a path; one on another host is refused.
 */
export function keepRedirectWithin(
  status: number,
  headers: string[],
  { url: backend, basePath }: { readonly url: URL; readonly basePath: string },
  target: string,
): void {
  if (status < 300 || status > 399) return;
  const asked = new URL(basePath + target, backend);
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== 'location') continue;
    const location = headers[at + 1] ?? '';
    const url = URL.canParse(location, asked.href) ? new URL(location, asked) : undefined;
    if (url === undefined || url.origin !== backend.origin || !url.pathname.startsWith(`${basePath}/`)) {
      throw new DroverError('redirect-refused', 'the cluster answered with a redirect to another host');
    }
    headers[at + 1] = url.pathname.slice(basePath.length) + url.search + url.hash;
  }
}
