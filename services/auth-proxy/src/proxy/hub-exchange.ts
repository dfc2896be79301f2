import { DroverError } from '@drover/errors';
import type { PlainAnswer, PlainHandler, PlainListener } from '@drover/service-kit';
import type { Cuttable } from '../access/live-exchanges.ts';
import type { HubApi, HubIdentity, PlainHubRequest } from '../adapters/hub-api.ts';
import { takeHeaders } from '../domain/request-headers.ts';
import type { AdmissionParts, IncomingCall } from './admission.ts';
import type { ProxyContext } from './context.ts';
import { hubAssertion, hubAudience, hubCaller, isReading, requireHubToken } from './hub-caller.ts';
import { type HubCaller, nobody } from './request-audit.ts';

/** Serves plain requests to the hub's own API as `hubRoute` does all others. */
export function plainHubHandler(
  parts: AdmissionParts,
  context: Pick<ProxyContext, 'audit' | 'live'>,
  hubApi: HubApi,
): PlainHandler {
  return ({ method, target, headers }, answer, sourceAddress) => {
    const call: IncomingCall = { method, target, rawHeaders: headers, upgrade: false, sourceAddress };
    const startedMs = parts.clock.now();
    let who: HubCaller = nobody;
    try {
      const { passed, authorization, impersonation } = takeHeaders(headers);
      const request = { method, target, headers: passed, sourceAddress };
      const start = (live: LiveCredential | undefined, assertion: string | undefined | Promise<string>) => {
        const exchange = new HubExchange({ call, who, startedMs, live }, answer, context);
        const send = (signed: string | undefined): void =>
          exchange.start(hubApi, request, { assertion: signed, impersonation });
        if (typeof assertion === 'object') assertion.then(send, error => exchange.fail(DroverError.from(error)));
        else send(assertion);
        return exchange;
      };
      if (authorization === undefined) return start(undefined, undefined);
      const caller = parts.authenticator.authenticate(authorization);
      who = hubCaller(caller, impersonation);
      requireHubToken(caller);
      const { token, user, secretHash, expiresAtMs } = caller;
      context.live.requireRoom(user.metadata.name, hubAudience);
      const live = { tokenId: token.metadata.name, user: user.metadata.name, secretHash, expiresAtMs };
      return start(live, hubAssertion(parts.assertions, caller));
    } catch (error) {
      const refusal = DroverError.from(error);
      context.audit.hub(call, who, startedMs, refusal.entry.httpStatus, refusal.code);
      answer.refuse(refusal);
      return undefined;
    }
  };
}

/** What a request stands on: it is cut when that ends. */
type LiveCredential = Pick<Cuttable, 'tokenId' | 'user' | 'secretHash' | 'expiresAtMs'>;

interface HubCall {
  readonly call: IncomingCall;
  readonly who: HubCaller;
  readonly startedMs: number;
  /** Undefined: nobody is known, so that there is nothing to end. */
  readonly live: LiveCredential | undefined;
}

/** One plain request to the hub's own API and its answer. Ends in exactly one audit record. */
class HubExchange implements PlainListener, PlainAnswer {
  readonly #asked: HubCall;
  readonly #answer: PlainAnswer;
  readonly #context: Pick<ProxyContext, 'audit' | 'live'>;
  readonly #cuttable: Cuttable | undefined;
  #listener: PlainListener | undefined;
  #status = 0;
  #over = false;

  constructor(asked: HubCall, answer: PlainAnswer, context: Pick<ProxyContext, 'audit' | 'live'>) {
    this.#asked = asked;
    this.#answer = answer;
    this.#context = context;
    if (asked.live === undefined) return;
    const cuttable: Cuttable = { ...asked.live, clusterUid: hubAudience, cut: error => this.#credentialEnded(error) };
    this.#cuttable = cuttable;
    // From here on, so that a credential that ends while the request waits to be sent ends the request.
    context.live.add(cuttable);
  }

  start(hubApi: HubApi, request: PlainHubRequest, identity: HubIdentity): void {
    if (this.#over) return;
    try {
      this.#listener = hubApi.plain(request, this, identity);
    } catch (error) {
      this.fail(DroverError.from(error));
    }
  }

  fail(error: DroverError): void {
    if (this.#status === 0) this.refuse(error);
    else this.cut();
  }

  /**
   * What reads ends with the credential that it was opened by (T5). A change goes on: it may be the very one that ended the
   * credential, and its caller learns how it went.
   */
  #credentialEnded(error: DroverError): void {
    if (this.#cuttable !== undefined) this.#context.live.remove(this.#cuttable);
    if (this.#over || !isReading(this.#asked.call.method)) return;
    this.#finish(error.entry.httpStatus, error.code);
    this.#listener?.gone();
    // No answer from here: fleet-api may have begun its own.
    this.#answer.cut();
  }

  // What the caller's connection tells.

  gone(): void {
    if (this.#over) return;
    this.#finish(this.#status);
    this.#listener?.gone();
  }

  drained(): void {
    this.#listener?.drained();
  }

  // What fleet-api answers.

  head(status: number, headers: string[]): void {
    if (this.#over) return;
    this.#answer.head(status, headers);
    this.#status = status;
  }

  data(chunk: Buffer): boolean {
    return this.#over || this.#answer.data(chunk);
  }

  framed(chunks: Buffer): boolean {
    return this.#over || this.#answer.framed(chunks);
  }

  end(): void {
    if (this.#over) return;
    // Before the answer's end: the next request on the connection may come with it.
    this.#finish(this.#status);
    this.#answer.end();
  }

  cut(): void {
    if (this.#over) return;
    this.#finish(this.#status);
    this.#answer.cut();
  }

  refuse(error: DroverError): void {
    if (this.#over) return;
    this.#finish(error.entry.httpStatus, error.code);
    this.#answer.refuse(error);
  }

  #finish(status: number, error?: string): void {
    this.#over = true;
    if (this.#cuttable !== undefined) this.#context.live.remove(this.#cuttable);
    const { call, who, startedMs } = this.#asked;
    this.#context.audit.hub(call, who, startedMs, status, error);
  }
}
