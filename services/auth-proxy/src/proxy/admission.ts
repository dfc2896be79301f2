import { randomUUID } from 'node:crypto';
import type { Clock } from '@drover/async';
import type { Cluster } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { encodeRequestHead } from '@drover/tunnel';
import type { Assertions } from '../access/assertions.ts';
import type { Authenticator } from '../access/authenticator.ts';
import type { Caller } from '../access/credential.ts';
import type { HubView } from '../access/hub-view.ts';
import { type DownstreamIdentity, impersonatedIdentity, ownIdentity } from '../domain/impersonation.ts';
import { takeHeaders } from '../domain/request-headers.ts';
import { parseClusterPath } from '../domain/request-path.ts';
import { requireSameOrigin } from '../domain/same-origin.ts';
import { sessionIn } from '../domain/session-cookie.ts';

/** A request as it came, whatever HTTP version brought it. */
export interface IncomingCall {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly upgrade: boolean;
  readonly sourceAddress: string;
}

/** A request that may go to its cluster. */
export interface AdmittedRequest {
  readonly requestId: string;
  readonly startedMs: number;
  readonly caller: Caller;
  readonly identity: DownstreamIdentity;
  readonly cluster: Cluster;
  readonly method: string;
  /** Path and query as the cluster sees them. */
  readonly target: string;
  readonly upgrade: boolean;
  /** Repeating it changes nothing (RFC 9110 §9.2.1), and it asks for no other protocol. */
  readonly safe: boolean;
  readonly sourceAddress: string;
  /** The head as it goes into the tunnel. */
  readonly head: string;
  readonly assertion: string | Promise<string>;
}

export interface AdmissionParts {
  readonly view: Pick<HubView, 'cluster' | 'mayReach'>;
  readonly authenticator: Authenticator;
  readonly assertions: Assertions;
  readonly clock: Clock;
  readonly userPrefix: string;
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Decides on a request: who calls, which cluster, as whom. No network call is made, and nothing is trusted that the
 * caller says of his identity.
 *
 * @throws DroverError the refusal; nothing has been sent to anybody
 */
export function admit(call: IncomingCall, parts: AdmissionParts): AdmittedRequest {
  const { cluster: name, target } = parseClusterPath(call.target);
  const taken = takeHeaders(call.rawHeaders, call.upgrade);
  const authorization =
    taken.authorization ?? (taken.webSocketToken === undefined ? undefined : `Bearer ${taken.webSocketToken}`);
  const caller = parts.authenticator.authenticate({ authorization, sessionCookie: sessionIn(taken.cookie) });
  if (authorization === undefined) requireSameOrigin(call, taken);
  const cluster = parts.view.cluster(name);
  if (cluster === undefined) throw unknownCluster(name);
  if (!parts.view.mayReach(caller.user, name)) throw notAMember(caller.user.metadata.name, name);
  const { clusters } = caller.credential;
  if (clusters !== undefined && !clusters.includes(name)) {
    throw new DroverError('forbidden', `this token is not for cluster ${JSON.stringify(name)}`);
  }
  const { user } = caller;
  const identity =
    taken.impersonation === undefined
      ? ownIdentity(user, parts.userPrefix)
      : impersonatedIdentity(user, parts.userPrefix, taken.impersonation);
  const kind = taken.impersonation === undefined ? '' : JSON.stringify(taken.impersonation);
  const requestId = randomUUID();
  taken.passed.push('audit-id', requestId); // kube-apiserver takes it over, so that both audits name the request alike
  return {
    requestId,
    startedMs: parts.clock.now(),
    caller,
    identity,
    cluster,
    method: call.method,
    target,
    upgrade: call.upgrade,
    safe: !call.upgrade && safeMethods.has(call.method),
    sourceAddress: call.sourceAddress,
    head: encodeRequestHead({ method: call.method, target, headers: taken.passed }),
    assertion: parts.assertions.of(caller, cluster.metadata.uid, kind, () => identity),
  };
}

const notAMember = (user: string, cluster: string): DroverError =>
  new DroverError(
    'forbidden',
    `user ${JSON.stringify(user)} is not a member of cluster ${JSON.stringify(cluster)}: no role is bound there to the user or the user’s groups`,
  );

function unknownCluster(name: string): DroverError {
  return new DroverError('cluster-unknown', `clusters.drover.dev ${JSON.stringify(name)} not found`, {
    details: { status: { group: 'drover.dev', kind: 'clusters', name } },
  });
}
