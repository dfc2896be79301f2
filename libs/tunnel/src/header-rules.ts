/** Hop-by-hop headers (RFC 9110 §7.6.1, and those that never were standard): they belong to one connection. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What says, or could say to a kube-apiserver, who asks; by prefix, so that what Kubernetes adds is dropped too (T1). */
const identityNames: ReadonlySet<string> = new Set(['authorization', 'cookie']);

/** Whether a header (lower-case name) belongs to one connection. */
export const isHopByHop = (name: string): boolean => hopByHop.has(name);

/** Whether a request's header (lower-case name) says who asks. Only the agent may set such ones. */
export const isIdentityHeader = (name: string): boolean =>
  identityNames.has(name) ||
  name.startsWith('impersonate-') ||
  name.startsWith('x-remote-') ||
  name.startsWith('drover-');

/** Adds the names that a `Connection` header makes hop-by-hop. */
export function nominate(nominated: Set<string> | undefined, value: string): Set<string> {
  const names = nominated ?? new Set<string>();
  for (const name of value.split(',')) names.add(name.trim().toLowerCase());
  return names;
}

/** Takes the headers that `Connection` named out of a flat list with lower-case names. */
export const withoutNominated = (headers: string[], nominated: ReadonlySet<string> | undefined): string[] =>
  nominated === undefined ? headers : headers.filter((_, index) => !nominated.has(headers[index & ~1] ?? ''));

/**
 * An answer's headers without those of the connection, with lower-case names. `raw` is flat: name, value, name, value.
 * `keepUpgrade` for a 101, whose `Upgrade` names the protocol.
 */
export function answerHeaders(raw: readonly (string | Buffer)[], keepUpgrade = false): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = text(raw[at]).toLowerCase();
    if (!isHopByHop(name) || (keepUpgrade && name === 'upgrade')) kept.push(name, text(raw[at + 1]));
  }
  return kept;
}

const text = (value: string | Buffer | undefined): string =>
  typeof value === 'string' ? value : (value?.toString('latin1') ?? '');
