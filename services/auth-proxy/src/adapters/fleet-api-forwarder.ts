import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { Agent, request } from 'node:https';
import { serviceOfCertificate } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type CompatRequest, type CompatResponse, refuse } from '@drover/service-kit';
import { answerHeaders, type HopTls, isHopByHop, isIdentityHeader } from '@drover/tunnel';

/** The `Impersonate-*` headers of a request, names in lower case. */
export type Impersonation = readonly (readonly [name: string, value: string])[];

/**
 * Serves a request to the hub's own API; `assertion` says who asks (undefined: nobody is known), and `impersonation` as whom
 * he wants to act, which is fleet-api's to allow.
 */
export type HubApi = (
  request: CompatRequest,
  response: CompatResponse,
  assertion: string | undefined,
  impersonation?: Impersonation,
) => void;

/** The header in which an assertion reaches fleet-api. */
export const identityHeader = 'drover-identity';
/** The header in which his wish to act as another does: base64url of JSON, since a header's text would not carry all of it. */
export const impersonationHeader = 'drover-impersonation';
/** The header that names the caller's address, for fleet-api's limits. */
const sourceAddressHeader = 'drover-source-address';

/** fleet-api in this process: a function call. */
export const localHubApi =
  (handler: (request: IncomingMessage, response: ServerResponse) => void): HubApi =>
  (compat, response, assertion, impersonation) => {
    const { headers } = compat;
    for (const name of Object.keys(headers)) if (isIdentityHeader(name)) delete headers[name];
    if (assertion !== undefined) headers[identityHeader] = assertion;
    if (impersonation !== undefined) headers[impersonationHeader] = encoded(impersonation);
    handler(compat as IncomingMessage, response as ServerResponse);
  };

/** fleet-api as a service of its own, by mutual TLS. */
export function remoteHubApi(baseUrl: string, tls: HopTls): HubApi & { close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const url = new URL(baseUrl);
  const forward: HubApi = (incoming, response, assertion, impersonation) => {
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (value !== undefined && !isHopByHop(name) && !isIdentityHeader(name) && !name.startsWith(':'))
        headers[name] = value;
    }
    if (assertion !== undefined) headers[identityHeader] = assertion;
    if (impersonation !== undefined) headers[impersonationHeader] = encoded(impersonation);
    const { remoteAddress } = incoming.socket;
    if (remoteAddress !== undefined) headers[sourceAddressHeader] = remoteAddress;
    const withBody = mayHaveBody(incoming);
    // Without this node frames no body of a GET or DELETE, and its bytes would be the next request on the connection (T16).
    if (withBody && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
    const onward = request({
      ...tls,
      agent,
      host: url.hostname,
      port: url.port,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers,
      minVersion: 'TLSv1.3',
      checkServerIdentity: (_host, certificate) =>
        serviceOfCertificate(certificate) === 'fleet-api'
          ? undefined
          : new DroverError('unreachable', 'the peer is not fleet-api'),
    });
    onward.once('response', answer => {
      if (isOver(response)) return void onward.destroy();
      const headers = pairs(answerHeaders(answer.rawHeaders));
      for (const name of Object.keys(headers)) response.setHeader(name, headers[name] ?? []);
      (response as ServerResponse).writeHead(answer.statusCode ?? 502);
      answer.pipe(response as ServerResponse);
      answer.once('aborted', () => cut(response));
    });
    onward.once('error', cause => {
      if (isOver(response)) return;
      if (response.headersSent) cut(response);
      else
        refuse(response, new DroverError('store-unavailable', 'the hub’s API cannot be reached; try again', { cause }));
    });
    response.once('close', () => onward.destroy());
    if (withBody) (incoming as IncomingMessage).pipe(onward);
    else onward.end();
  };
  return Object.assign(forward, { close: () => agent.destroy() });
}

/** The caller has gone, or his request was cut: an answer that comes now has nowhere to go, and writing it would throw. */
const isOver = (response: CompatResponse): boolean =>
  response.writableEnded || ('stream' in response ? response.stream.destroyed : response.destroyed);

const encoded = (impersonation: Impersonation): string =>
  Buffer.from(JSON.stringify(impersonation), 'utf8').toString('base64url');

function mayHaveBody(incoming: CompatRequest): boolean {
  if ('stream' in incoming) return !(incoming.stream as ServerHttp2Stream).endAfterHeaders;
  const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

/** With an error, since HTTP/2 would end the stream as if it were whole (T24). */
const cut = (response: CompatResponse): void =>
  void (response as ServerResponse).destroy(new Error('the answer broke off'));

function pairs(flat: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at] ?? '';
    headers[name] = [...(headers[name] ?? []), flat[at + 1] ?? ''];
  }
  return headers;
}
