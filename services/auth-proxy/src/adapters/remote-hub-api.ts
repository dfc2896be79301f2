import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { Agent, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { type Clock, systemClock } from '@drover/async';
import { serviceOfCertificate } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { ConnectionPool } from '@drover/http1';
import { type CompatRequest, type CompatResponse, refuse } from '@drover/service-kit';
import { answerHeaders, type HopTls, isHopByHop, isIdentityHeader } from '@drover/tunnel';
import { type HubApi, identityHeaders } from './hub-api.ts';
import { PlainForward } from './plain-forward.ts';

/** The header that names the caller's address, for fleet-api's limits. */
const sourceAddressHeader = 'drover-source-address';

/** Bounds of the connections that carry plain requests. */
const plainLimits = Object.freeze({
  connectTimeoutMs: 5_000,
  /** fleet-api closes idle ones after 95 s. */
  idleConnectionMs: 60_000,
  idleCheckMs: 15_000,
  idleConnections: 256,
  /** Watches are long and silent (T32). */
  keepAliveProbeMs: 30_000,
  maxAnswerHeaderBytes: 32 * 1024,
});

/** fleet-api as a service of its own, by mutual TLS. */
export function remoteHubApi(baseUrl: string, tls: HopTls, clock: Clock = systemClock): HubApi & { close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const url = new URL(baseUrl);
  const peer = {
    ...tls,
    host: url.hostname,
    minVersion: 'TLSv1.3' as const,
    checkServerIdentity: (_host: string, certificate: { readonly subjectaltname?: string }) =>
      serviceOfCertificate(certificate) === 'fleet-api'
        ? undefined
        : new DroverError('unreachable', 'the peer is not fleet-api'),
  };
  const dial = (): TLSSocket => connect({ ...peer, port: Number(url.port) });
  const pool = new ConnectionPool({ dial, limits: plainLimits, clock });
  const serve: HubApi['serve'] = (incoming, response, identity) => {
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (value !== undefined && !isHopByHop(name) && !isIdentityHeader(name) && !name.startsWith(':'))
        headers[name] = value;
    }
    Object.assign(headers, identityHeaders(identity));
    const { remoteAddress } = incoming.socket;
    if (remoteAddress !== undefined) headers[sourceAddressHeader] = remoteAddress;
    const withBody = mayHaveBody(incoming);
    // Without this node frames no body of a GET or DELETE, and its bytes would be the next request on the connection (T16).
    if (withBody && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
    const onward = request({
      ...peer,
      agent,
      port: url.port,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers,
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
  return {
    serve,
    plain: ({ headers, ...request }, answer, identity) => {
      const all = [
        ...headers,
        ...Object.entries(identityHeaders(identity)).flat(),
        sourceAddressHeader,
        request.sourceAddress,
      ];
      const forward = new PlainForward(pool, { ...request, headers: all }, url.host, answer);
      forward.start();
      return forward;
    },
    close: () => {
      agent.destroy();
      pool.close();
    },
  };
}

/** The caller has gone, or his request was cut: an answer that comes now has nowhere to go, and writing it would throw. */
const isOver = (response: CompatResponse): boolean =>
  response.writableEnded || ('stream' in response ? response.stream.destroyed : response.destroyed);

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
