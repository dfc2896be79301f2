import type { ApiRequest, ApiResponse } from './api-exchange.ts';
import { readDraft } from './draft.ts';
import { invalid } from './failures.ts';
import type { ApiObject } from './object.ts';
import { decodeObject, type ProtobufMessage, protobufType } from './protobuf.ts';
import type { ResourceRequest } from './request.ts';
import { mediaTypeOf, objectTypes, readBytes, readJson } from './request-body.ts';
import type { ResourceType } from './resource-type.ts';
import { sendJson } from './responses.ts';

/** A resource that is answered and never kept: a client creates one, and the answer is in its status. */
export interface VirtualResource<Identity> {
  /** Its only verb is `create`. */
  readonly type: ResourceType;
  /** Its fields beside apiVersion and kind, for clients that send Kubernetes' own kinds as protobuf; they read JSON. */
  readonly protobuf?: ProtobufMessage;
  /** The fields beside apiVersion, kind and metadata of the answer to `object`, which its schema holds. */
  answer(identity: Identity, object: ApiObject): Readonly<Record<string, unknown>>;
}

/** Reads what is asked and answers it; no name is needed, and nothing is stored. */
export async function answerVirtual<Identity>(
  request: ApiRequest,
  response: ApiResponse,
  { type, protobuf, answer }: VirtualResource<Identity>,
  asked: ResourceRequest,
  identity: Identity,
): Promise<void> {
  const value =
    protobuf !== undefined && mediaTypeOf(request) === protobufType
      ? decodeObject(await readBytes(request), protobuf)
      : await readJson(request, objectTypes);
  const { object, errors, mistaken } = readDraft(type, value);
  if (mistaken !== undefined) throw mistaken;
  if (errors.length > 0) throw invalid(type, object.metadata.name, errors);
  const { namespace } = asked;
  const metadata = { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) };
  const { apiVersion, kind } = object;
  sendJson(response, 201, {
    kind,
    apiVersion,
    metadata: { creationTimestamp: null },
    ...answer(identity, { ...object, metadata }),
  });
}
