import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CompatRequest, CompatResponse, PlainAnswer, PlainHandler, PlainListener } from '@drover/service-kit';
import { isIdentityHeader } from '@drover/tunnel';

/** The `Impersonate-*` headers of a request, names in lower case. */
export type Impersonation = readonly (readonly [name: string, value: string])[];

/** Who asks, as fleet-api is told. */
export interface HubIdentity {
  /** Undefined: nobody is known. */
  readonly assertion: string | undefined;
  /** As whom he wants to act, which is fleet-api's to allow. */
  readonly impersonation?: Impersonation | undefined;
  /** The browser's cookies, for the hub's pages. */
  readonly cookie?: string | undefined;
}

/** A plain request on its way to the hub's own API. */
export interface PlainHubRequest {
  readonly method: string;
  readonly target: string;
  /** Flat, lower-case names; none that says who asks. */
  readonly headers: readonly string[];
  readonly sourceAddress: string;
}

/** The hub's own API. */
export interface HubApi {
  serve(request: CompatRequest, response: CompatResponse, identity: HubIdentity): void;
  /** A plain request, on the quick way. */
  plain(request: PlainHubRequest, answer: PlainAnswer, identity: HubIdentity): PlainListener | undefined;
}

/** The header in which an assertion reaches fleet-api. */
const identityHeader = 'drover-identity';
/** The header in which his wish to act as another does: base64url of JSON, since a header's text would not carry all of it. */
const impersonationHeader = 'drover-impersonation';

/** What tells fleet-api who asks. */
export function identityHeaders({ assertion, impersonation, cookie }: HubIdentity): Record<string, string> {
  return {
    ...(assertion === undefined ? {} : { [identityHeader]: assertion }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(impersonation === undefined
      ? {}
      : { [impersonationHeader]: Buffer.from(JSON.stringify(impersonation), 'utf8').toString('base64url') }),
  };
}

/** What fleet-api serves in this process. */
export interface LocalFleetApi {
  handler(request: IncomingMessage, response: ServerResponse): void;
  readonly plain: PlainHandler;
}

/** fleet-api in this process: a function call. */
export const localHubApi = ({ handler, plain }: LocalFleetApi): HubApi => ({
  serve: (request, response, identity) => {
    const { headers } = request;
    for (const name of Object.keys(headers)) if (isIdentityHeader(name)) delete headers[name];
    Object.assign(headers, identityHeaders(identity));
    handler(request as IncomingMessage, response as ServerResponse);
  },
  plain: ({ method, target, headers, sourceAddress }, answer, identity) =>
    plain(
      { method, target, headers: [...headers, ...Object.entries(identityHeaders(identity)).flat()], bytes: 0 },
      answer,
      sourceAddress,
    ),
});
