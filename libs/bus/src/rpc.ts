import { subjects, version } from '@drover/contracts';
import { DroverError, type ErrorCode, errorTable } from '@drover/errors';
import { headers, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { type Service, ServiceErrorCodeHeader, ServiceErrorHeader, type ServiceMsg, Svcm } from '@nats-io/services';

/** Requests that one process handles at once; more are answered `too-many-requests`, so that none waits unseen. */
const maxServing = 256;
/** Carries the row of the error table beside the micro-service protocol's own two headers (ADR-32). */
const codeHeader = 'Drover-Error';

const isErrorCode = (value: string): value is ErrorCode => Object.hasOwn(errorTable, value);

/** The error that a reply carries, or undefined. */
export function errorOfReply(reply: Msg): DroverError | undefined {
  if (!reply.headers?.has(ServiceErrorCodeHeader)) return undefined;
  const code = reply.headers.get(codeHeader);
  return new DroverError(isErrorCode(code) ? code : 'internal', reply.headers.get(ServiceErrorHeader));
}

/** The serving side of `Bus.serve`: one NATS micro service for each name, one endpoint for each method. */
export class RpcServer {
  readonly #manager: Svcm;
  readonly #services = new Map<string, Promise<Service>>();
  #serving = 0;

  constructor(connection: NatsConnection) {
    this.#manager = new Svcm(connection);
  }

  async serve(service: string, method: string, handler: (body: unknown) => Promise<unknown>): Promise<void> {
    const subject = subjects.rpc(service, method);
    let added = this.#services.get(service);
    if (!added) {
      added = this.#manager.add({ name: service, version, queue: service });
      this.#services.set(service, added);
    }
    (await added).addEndpoint(method, {
      subject,
      handler: (error, message) => {
        if (!error) void this.#answer(message, handler);
      },
    });
  }

  async #answer(message: ServiceMsg, handler: (body: unknown) => Promise<unknown>): Promise<void> {
    this.#serving++;
    try {
      if (this.#serving > maxServing)
        throw new DroverError('too-many-requests', `${maxServing} requests are being handled`);
      message.respond(JSON.stringify((await handler(bodyOf(message))) ?? null));
    } catch (error) {
      respondError(message, DroverError.from(error));
    } finally {
      this.#serving--;
    }
  }
}

function bodyOf(message: ServiceMsg): unknown {
  try {
    return message.data.length === 0 ? undefined : message.json<unknown>();
  } catch (error) {
    throw new DroverError('bad-request', 'the request is not JSON', { cause: error });
  }
}

function respondError(message: ServiceMsg, error: DroverError): void {
  const head = headers();
  head.set(codeHeader, error.code);
  // A header's value is one line; an internal error keeps its message to the log.
  const text = error.code === 'internal' ? error.entry.meaning : error.message.replaceAll(/[^\x20-\x7e]+/g, ' ');
  message.respondError(error.entry.httpStatus, text, undefined, { headers: head });
}
