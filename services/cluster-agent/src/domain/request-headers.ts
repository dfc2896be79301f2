import { DroverError } from '@drover/errors';
import { isHopByHop, isIdentityHeader, nominate, withoutNominated } from '@drover/tunnel';

/**
 * What of a request's headers goes to the kube-apiserver: nothing that says who asks, and nothing that `Connection` names
 * (T1, T2, T3). The hub has filtered already; the agent does not rely on it.
 */
export function endToEndHeaders(headers: readonly string[]): string[] {
  const kept: string[] = [];
  let nominated: Set<string> | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const value = headers[at + 1] ?? '';
    if (name === 'connection') nominated = nominate(nominated, value);
    else if (!isHopByHop(name) && !isIdentityHeader(name)) kept.push(name, value);
  }
  return withoutNominated(kept, nominated);
}

/** For a request to switch protocols, which has no body: what follows it is of the other protocol. */
export const withoutLength = (headers: readonly string[]): string[] =>
  headers.filter((_, at) => headers[at & ~1] !== 'content-length');

/** Not CONNECT, whose answer would make the connection to the kube-apiserver a raw one (T14). */
const methodToken = /^(?!CONNECT$)[A-Z]{1,20}$/;
/** Origin-form (RFC 9112 §3.2.1): the agent dials what its configuration names, and nothing that a request names (T18). */
const originForm = /^\/(?!\/)[!-~]*$/;

/** Refuses a method or a target that could be read as something else on the way (T16, T18). */
export function checkRequestLine(method: string, target: string): void {
  if (!methodToken.test(method)) throw new DroverError('bad-request', 'the method is malformed');
  if (!originForm.test(target)) throw new DroverError('path-not-normal', 'the target is not in origin-form');
}
