import { DroverError } from '@drover/errors';
import { isHopByHop, isIdentityHeader, nominate, withoutNominated } from '@drover/tunnel';

/** A request's headers, taken apart in one pass. */
export interface TakenHeaders {
  /** What travels to the cluster: flat, lower-case names; nothing that says who asks. */
  readonly passed: string[];
  readonly authorization: string | undefined;
  /** Every `Impersonate-*` header, lower-case names; undefined where there is none. */
  readonly impersonation: readonly (readonly [name: string, value: string])[] | undefined;
  /** The token of a WebSocket subprotocol `base64url.bearer.authorization.k8s.io.<token>` (kubernetes/kubernetes 47740). */
  readonly webSocketToken: string | undefined;
  /** Cookies, as they came: the hub's own pages read them. */
  readonly cookie: string | undefined;
  readonly origin: string | undefined;
  /** `Host`, or HTTP/2's `:authority`. */
  readonly host: string | undefined;
}

/** The name of a request in the hub's audit and the cluster's: the hub's to give, else a caller could borrow another's. */
const auditId = 'audit-id';
const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

/**
 * Takes headers apart (T1, T2, T3): hop-by-hop ones and those that `Connection` names are dropped, and so is everything
 * that says who asks. `raw` is flat as node gives it. `upgrade`: keep `Upgrade`, which the agent needs.
 */
export function takeHeaders(raw: readonly string[], upgrade = false): TakenHeaders {
  const passed: string[] = [];
  let authorization: string | undefined;
  let impersonation: (readonly [string, string])[] | undefined;
  let webSocketToken: string | undefined;
  let nominated: Set<string> | undefined;
  let cookie: string | undefined;
  let origin: string | undefined;
  let host: string | undefined;
  let hosts = 0;
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    if (name === 'authorization') {
      if (authorization !== undefined) throw new DroverError('bad-request', 'Authorization is sent twice');
      authorization = value;
    } else if (name === 'host') {
      if (++hosts > 1) throw new DroverError('bad-request', 'Host is sent twice');
      host = value;
    } else if (name === ':authority') {
      host ??= value;
    } else if (name === 'cookie') {
      cookie = cookie === undefined ? value : `${cookie}; ${value}`; // HTTP/2 sends crumbs (RFC 9113 §8.2.3)
    } else if (name === 'connection') {
      nominated = nominate(nominated, value);
    } else if (name.startsWith('impersonate-')) {
      impersonation ??= [];
      impersonation.push([name, value]);
    } else if (name === 'sec-websocket-protocol' && value.includes(bearerProtocol)) {
      const { token, rest } = takeBearerProtocol(value);
      webSocketToken = token;
      if (rest !== '') passed.push(name, rest);
    } else if (name === 'upgrade' && upgrade) {
      passed.push(name, value);
    } else if (!isHopByHop(name) && !isIdentityHeader(name) && name !== auditId && !name.startsWith(':')) {
      if (name === 'origin') origin = value;
      passed.push(name, value);
    }
  }
  nominated?.delete('upgrade');
  return {
    passed: withoutNominated(passed, nominated),
    authorization,
    impersonation,
    webSocketToken,
    cookie,
    origin,
    host,
  };
}

function takeBearerProtocol(value: string): { token: string | undefined; rest: string } {
  const protocols = value.split(',').map(protocol => protocol.trim());
  const bearer = protocols.find(protocol => protocol.startsWith(bearerProtocol));
  return {
    token:
      bearer === undefined
        ? undefined
        : Buffer.from(bearer.slice(bearerProtocol.length), 'base64url').toString('latin1'),
    rest: protocols.filter(protocol => protocol !== bearer).join(', '),
  };
}
