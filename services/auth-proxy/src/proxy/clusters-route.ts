import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex, Readable } from 'node:stream';
import { DroverError } from '@drover/errors';
import type { Route } from '@drover/service-kit';
import { type AdmissionParts, type AdmittedRequest, admit, type IncomingCall } from './admission.ts';
import type { ProxyContext } from './context.ts';
import { Exchange } from './exchange.ts';
import { followHttp1, Http1Reply, hasBody } from './http1.ts';
import { followHttp2, Http2Reply } from './http2.ts';
import { RawReply } from './raw-reply.ts';
import type { Reply } from './reply.ts';

/** How long an upgrade waits for its first audit record to be kept. */
const auditTimeoutMs = 5_000;
/** Protocols that Kubernetes switches to. */
const upgrades: ReadonlySet<string> = new Set(['websocket', 'spdy/3.1']);

/** Serves `/k8s/clusters/<name>/…`. */
export function clustersRoute(parts: AdmissionParts, context: ProxyContext): Route {
  const begin = (call: IncomingCall, reply: Reply, source: Readable | undefined): Exchange | undefined => {
    let request: AdmittedRequest;
    try {
      request = admit(call, parts);
      context.live.requireRoom(request.caller.user.metadata.name, request.cluster.metadata.uid);
    } catch (error) {
      const refusal = DroverError.from(error);
      context.audit.refused(call, refusal);
      reply.refuse(refusal);
      return undefined;
    }
    const exchange = new Exchange(request, reply, source, context);
    if (request.upgrade || typeof request.assertion !== 'string') void startLater(exchange, request, context);
    else startNow(exchange, request.assertion);
    return exchange;
  };
  return {
    plain: ({ method, target, headers }, reply, sourceAddress) =>
      begin({ method, target, rawHeaders: headers, upgrade: false, sourceAddress }, reply, undefined),
    request: (compat, compatResponse) => {
      const request = compat as IncomingMessage;
      const response = compatResponse as ServerResponse;
      const call = {
        method: request.method ?? '',
        target: request.url ?? '',
        rawHeaders: request.rawHeaders,
        upgrade: false,
        sourceAddress: request.socket.remoteAddress ?? '',
      };
      const body = hasBody(request) ? request : undefined;
      const exchange = begin(call, new Http1Reply(response), body);
      if (exchange === undefined) return;
      request.on('error', () => exchange.gone());
      followHttp1(response, exchange);
    },
    stream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) => {
      const call = {
        method: String(headers[':method']),
        target: String(headers[':path']),
        rawHeaders,
        upgrade: false,
        sourceAddress: stream.session?.socket.remoteAddress ?? '',
      };
      const exchange = begin(call, new Http2Reply(stream), stream.endAfterHeaders ? undefined : stream);
      if (exchange !== undefined) followHttp2(stream, exchange);
    },
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const reply = new RawReply(socket);
      const call = {
        method: request.method ?? '',
        target: request.url ?? '',
        rawHeaders: request.rawHeaders,
        upgrade: true,
        sourceAddress: request.socket.remoteAddress ?? '',
      };
      if (!upgrades.has((request.headers.upgrade ?? '').toLowerCase())) {
        const { upgrade } = request.headers;
        const refusal = new DroverError('bad-request', `cannot switch to ${JSON.stringify(upgrade)}`);
        context.audit.refused(call, refusal);
        return reply.refuse(refusal);
      }
      if (head.length > 0) socket.unshift(head);
      const exchange = begin(call, reply, socket);
      if (exchange === undefined) return;
      socket.on('drain', () => exchange.drained());
      socket.once('close', () => exchange.gone());
    },
  };
}

/** A request that the tunnel cannot carry (a head over its bound) is refused. */
function startNow(exchange: Exchange, assertion: string): void {
  try {
    exchange.start(assertion);
  } catch (error) {
    exchange.refuse(DroverError.from(error));
  }
}

/** Waits for what must be there first: a new assertion's signature, and of an upgrade the first audit record. */
async function startLater(exchange: Exchange, request: AdmittedRequest, context: ProxyContext): Promise<void> {
  try {
    if (request.upgrade) await context.audit.started(request, AbortSignal.timeout(auditTimeoutMs));
    exchange.start(await request.assertion);
  } catch (error) {
    exchange.refuse(DroverError.from(error, request.upgrade ? 'audit-unavailable' : 'internal'));
  }
}
