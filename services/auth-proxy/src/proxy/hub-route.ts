import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { auditNoteHeader, readAuditNote, sessionHeaders } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type CompatRequest, type CompatResponse, type Route, refuse, refuseSocket } from '@drover/service-kit';
import type { Credential } from '../access/credential.ts';
import type { HubView } from '../access/hub-view.ts';
import type { Cuttable, LiveExchanges } from '../access/live-exchanges.ts';
import type { HubApi } from '../adapters/hub-api.ts';
import { takeHeaders } from '../domain/request-headers.ts';
import type { AdmissionParts, IncomingCall } from './admission.ts';
import type { ProxyContext } from './context.ts';
import { callerOfHub, hubAssertion, hubAudience, hubCaller, isReading, requireHubToken } from './hub-caller.ts';
import { type HubCaller, type HubNote, nobody } from './request-audit.ts';

/** Serves everything that is not a cluster's: says who asks, and hands the request to fleet-api. */
export function hubRoute(
  parts: AdmissionParts & { readonly view: Pick<HubView, 'user'> },
  { audit, live }: Pick<ProxyContext, 'audit' | 'live'>,
  hubApi: HubApi,
): Route {
  const serve = async (request: CompatRequest, response: CompatResponse): Promise<void> => {
    const startedMs = parts.clock.now();
    const call = callOf(request, false);
    let who: HubCaller = nobody;
    let ended: DroverError | undefined;
    response.once('close', () => {
      const { reason, ...note } = noted(response, name => parts.view.user(name) !== undefined);
      const status = ended?.entry.httpStatus ?? response.statusCode;
      audit.hub(call, signedIn(response) ?? who, startedMs, status, ended?.code ?? reason, note);
    });
    try {
      const taken = takeHeaders(request.rawHeaders);
      const { impersonation, cookie } = taken;
      const caller = callerOfHub(parts.authenticator, call, taken);
      if (caller === undefined) return hubApi.serve(request, response, { assertion: undefined, cookie });
      who = hubCaller(caller, impersonation);
      requireHubToken(caller);
      live.requireRoom(caller.user.metadata.name, hubAudience);
      follow(caller.credential, request, response, live, error => {
        ended = error;
      });
      const assertion = await hubAssertion(parts.assertions, caller);
      if (ended === undefined) hubApi.serve(request, response, { assertion, impersonation, cookie });
    } catch (error) {
      refuse(response, DroverError.from(error));
    }
  };
  return {
    request: (request, response) => void serve(request, response),
    upgrade: (request, socket) => {
      const refusal = new DroverError('bad-request', 'the hub’s own API switches to no other protocol');
      audit.refused(callOf(request, true), refusal);
      refuseSocket(socket, refusal);
    },
  };
}

const callOf = (request: CompatRequest, upgrade: boolean): IncomingCall => ({
  method: request.method ?? '',
  target: request.url ?? '',
  rawHeaders: request.rawHeaders,
  upgrade,
  sourceAddress: request.socket.remoteAddress ?? '',
});

/** Who has signed in by this answer; undefined where it is no login's. */
function signedIn(response: CompatResponse): HubCaller | undefined {
  const user = response.getHeader(sessionHeaders.user);
  const token = response.getHeader(sessionHeaders.token);
  return user === undefined ? undefined : { user: decodeURIComponent(String(user)), groups: [], token: String(token) };
}

const hashChars = 16;

/** What fleet-api says of the request. A name that no user has may be a password in the wrong field (T19). */
function noted(response: CompatResponse, isUser: (name: string) => boolean): HubNote & { reason?: string | undefined } {
  const note = readAuditNote(response.getHeader(auditNoteHeader));
  if (note?.account === undefined) return note ?? {};
  const { account, ...rest } = note;
  if (isUser(account.toLowerCase())) return { ...rest, account: account.toLowerCase() };
  return { ...rest, accountHash: createHash('sha256').update(account).digest('hex').slice(0, hashChars) };
}

/** Whether the request has come whole. HTTP/2's `complete` waits for a reader also where there is nothing to read. */
const isSent = (request: CompatRequest): boolean =>
  request.complete || ('stream' in request && (request.stream as ServerHttp2Stream).endAfterHeaders);

/**
 * A watch on the hub's API ends with the credential that it was opened by, and so does a request that is still being sent
 * (T5). A change that has been sent whole goes on: it may be the very one that ended the credential, and its caller
 * learns how it went.
 */
function follow(
  credential: Credential,
  request: CompatRequest,
  response: CompatResponse,
  live: LiveExchanges,
  onCut: (error: DroverError) => void,
): void {
  const exchange: Cuttable = {
    credential,
    clusterUid: hubAudience,
    expiresAtMs: credential.expiresAtMs,
    cut: error => {
      live.remove(exchange);
      if (isSent(request) && !isReading(request.method ?? '')) return;
      onCut(error);
      // No answer from here: fleet-api may be writing its own. It sees what it sees when a caller goes away.
      (response as ServerResponse).destroy(error);
    },
  };
  live.add(exchange);
  response.once('close', () => live.remove(exchange));
}
