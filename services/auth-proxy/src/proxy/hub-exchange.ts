import { DroverError } from '@drover/errors';
import type { PlainAnswer, PlainHandler, PlainListener } from '@drover/service-kit';
import type { Credential } from '../access/credential.ts';
import type { Cuttable } from '../access/live-exchanges.ts';
import type { HubApi, HubIdentity, PlainHubRequest } from '../adapters/hub-api.ts';
import { takeHeaders } from '../domain/request-headers.ts';
import type { AdmissionParts, IncomingCall } from './admission.ts';
import type { ProxyContext } from './context.ts';
import { callerOfHub, hubAssertion, hubAudience, hubCaller, isReading, requireHubToken } from './hub-caller.ts';
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
      const taken = takeHeaders(headers);
      const { passed, impersonation, cookie } = taken;
      const request = { method, target, headers: passed, sourceAddress };
      const start = (credential: Credential | undefined, assertion: string | undefined | Promise<string>) => {
        const exchange = new HubExchange({ call, who, startedMs, credential }, answer, context);
        const send = (signed: string | undefined): void =>
          exchange.start(hubApi, request, { assertion: signed, impersonation, cookie });
        if (typeof assertion === 'object') assertion.then(send, error => exchange.fail(DroverError.from(error)));
        else send(assertion);
        return exchange;
      };
      const caller = callerOfHub(parts.authenticator, call, taken);
      if (caller === undefined) return start(undefined, undefined);
      who = hubCaller(caller, impersonation);
      requireHubToken(caller);
      context.live.requireRoom(caller.user.metadata.name, hubAudience);
      return start(caller.credential, hubAssertion(parts.assertions, caller));
    } catch (error) {
      const refusal = DroverError.from(error);
      context.audit.hub(call, who, startedMs, refusal.entry.httpStatus, refusal.code);
      answer.refuse(refusal);
      return undefined;
    }
  };
}

interface HubCall {
  readonly call: IncomingCall;
  readonly who: HubCaller;
  readonly startedMs: number;
  /** What the request stands on; undefined: nobody is known, so that there is nothing to end. */
  readonly credential: Credential | undefined;
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
    const { credential } = asked;
    if (credential === undefined) return;
    const { expiresAtMs } = credential;
    const cut = (error: DroverError): void => this.#credentialEnded(error);
    const cuttable: Cuttable = { credential, clusterUid: hubAudience, expiresAtMs, cut };
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
