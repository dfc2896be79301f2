import { randomUUID } from 'node:crypto';
import type { Clock } from '@drover/async';
import type { DroverError } from '@drover/errors';
import type { AuditEntry, AuditLog } from '../audit/index.ts';
import { requestVerb } from '../domain/request-verb.ts';
import type { AdmittedRequest, IncomingCall } from './admission.ts';

/** How an exchange ended. */
export interface ExchangeOutcome {
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly error: string | undefined;
}

/** Who called the hub itself; {@link nobody} where that is not known. */
export interface HubCaller {
  readonly user: string;
  readonly groups: readonly string[];
  readonly token: string;
  /** Who really asks, where `user` is impersonated. */
  readonly originalUser?: string;
}

/** What fleet-api says of a request besides. */
export type HubNote = Pick<AuditEntry, 'action' | 'provider' | 'account' | 'accountHash' | 'object'>;

export const nobody: HubCaller = Object.freeze({ user: '', groups: [], token: '' });
const strangerPathLength = 256;

/** Turns requests into audit records. */
export class RequestAudit {
  readonly #log: AuditLog;
  readonly #clock: Clock;

  constructor(log: AuditLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Of a request that will be upgraded: resolves when the record is kept, before a byte flows (T20). */
  started(request: AdmittedRequest, signal: AbortSignal): Promise<void> {
    return this.#log.recordAcknowledged(
      this.#entry(request, 'started', { status: 0, bytesIn: 0, bytesOut: 0, error: undefined }),
      signal,
    );
  }

  ended(request: AdmittedRequest, outcome: ExchangeOutcome): void {
    this.#log.record(this.#entry(request, request.upgrade ? 'ended' : 'complete', outcome));
  }

  /** Of a request that was refused before it was known whose it is, or which cluster's. */
  refused(call: IncomingCall, error: DroverError): void {
    this.hub(call, nobody, this.#clock.now(), error.entry.httpStatus, error.code);
  }

  /** Of a request to the hub itself. What strangers write is kept short, so that they cannot fill the stream quickly. */
  hub(call: IncomingCall, who: HubCaller, startedMs: number, status: number, error?: string, note: HubNote = {}): void {
    const path =
      who === nobody && call.target.length > strangerPathLength
        ? `${call.target.slice(0, strangerPathLength)}…`
        : call.target;
    this.#log.record({
      stage: 'complete',
      requestId: randomUUID(),
      at: new Date(startedMs).toISOString(),
      durationMs: this.#clock.now() - startedMs,
      ...who,
      cluster: '_hub',
      method: call.method,
      path,
      status,
      sourceAddress: call.sourceAddress,
      bytesIn: 0,
      bytesOut: 0,
      error,
      ...note,
    });
  }

  #entry(
    request: AdmittedRequest,
    stage: AuditEntry['stage'],
    { status, bytesIn, bytesOut, error }: ExchangeOutcome,
  ): AuditEntry {
    const { caller, identity, cluster } = request;
    const impersonated = identity.extra['drover.dev/original-user']?.[0];
    return {
      stage,
      requestId: request.requestId,
      at: new Date(request.startedMs).toISOString(),
      durationMs: this.#clock.now() - request.startedMs,
      user: identity.user,
      groups: identity.groups,
      originalUser: impersonated,
      token: caller.credential.id,
      cluster: cluster.metadata.name,
      method: request.method,
      verb: requestVerb(request.method, request.target),
      path: request.target,
      status,
      sourceAddress: request.sourceAddress,
      bytesIn,
      bytesOut,
      error,
    };
  }
}
