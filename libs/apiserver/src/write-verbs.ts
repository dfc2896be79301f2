import type { IncomingMessage, ServerResponse } from 'node:http';
import { DroverError } from '@drover/errors';
import type { ClientRules } from './access.ts';
import { readDraft, shown, withHidden } from './draft.ts';
import { invalid, notFound } from './failures.ts';
import { type ApiObject, isRecord } from './object.ts';
import { applyPatch, patchTypes } from './patch.ts';
import type { Preconditions } from './registry.ts';
import { presentOne } from './representation.ts';
import type { ResourceRequest } from './request.ts';
import { mediaTypeOf, readJson } from './request-body.ts';
import { sendJson } from './responses.ts';
import type { Selector } from './selectors.ts';
import { existing, type VerbParts } from './verb-parts.ts';

const jsonOnly: readonly string[] = ['application/json'];

/** create, update, patch and delete: a body is read, and the registry does it. */
export class WriteVerbs {
  readonly #parts: VerbParts;

  constructor(parts: VerbParts) {
    this.#parts = parts;
  }

  async create(
    request: IncomingMessage,
    response: ServerResponse,
    asked: ResourceRequest,
    rules: ClientRules,
  ): Promise<void> {
    const { type, namespace, dryRun, fieldManager: manager } = asked;
    const warnings: string[] = [];
    const { object: read, generateName } = this.#read(asked, await readJson(request, jsonOnly), warnings);
    const { object, answer } = rules.admit({ ...read, metadata: inNamespace(read, namespace) }, undefined);
    if (object.metadata.name === '' && generateName === undefined) {
      throw invalid(type, '', [
        {
          field: 'metadata.name',
          reason: 'FieldValueRequired',
          message: 'Required value: name or generateName is required',
        },
      ]);
    }
    const created = await this.#parts.registry.create(type, object, {
      dryRun,
      manager,
      ...(generateName === undefined ? {} : { generateName }),
    });
    this.#send(response, 201, asked, answer?.(created) ?? created, warnings);
  }

  async change(
    request: IncomingMessage,
    response: ServerResponse,
    asked: ResourceRequest,
    { exists, admit }: ClientRules,
  ): Promise<void> {
    const { type, name = '', namespace, dryRun, subresource, verb, fieldManager: manager } = asked;
    existing(this.#parts.registry, asked, exists);
    const body = await readJson(request, verb === 'patch' ? patchTypes : jsonOnly);
    let warnings: string[] = [];
    const change = (current: ApiObject): ApiObject => {
      if (!exists(current)) throw notFound(type, name);
      warnings = [];
      const wanted = verb === 'patch' ? applyPatch(mediaTypeOf(request), shown(type, current), body) : body;
      const { object } = this.#read(asked, wanted, warnings);
      if (verb === 'update' && object.metadata.resourceVersion === '') {
        const message = 'Invalid value: 0x0: must be specified for an update';
        throw invalid(type, name, [{ field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message }]);
      }
      const next = withHidden(type, { ...object, metadata: inNamespace(object, namespace) }, current);
      return admit(next, current).object;
    };
    const part = subresource === 'status' ? 'status' : 'main';
    const changed = await this.#parts.registry.update(type, name, change, {
      dryRun,
      manager,
      part,
      ...(namespace === undefined ? {} : { namespace }),
    });
    this.#send(response, 200, asked, changed, warnings);
  }

  async delete(
    request: IncomingMessage,
    response: ServerResponse,
    asked: ResourceRequest,
    exists: Selector,
  ): Promise<void> {
    const { type, name = '', namespace } = asked;
    existing(this.#parts.registry, asked, exists);
    const options = await readJson(request, jsonOnly);
    const gone = await this.#parts.registry.delete(type, name, {
      dryRun: asked.dryRun || (isRecord(options) && Array.isArray(options['dryRun']) && options['dryRun'].length > 0),
      preconditions: preconditionsOf(options),
      ...(namespace === undefined ? {} : { namespace }),
    });
    const details = { name, group: type.group, kind: type.plural, uid: gone.metadata.uid };
    sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }

  /** Reads a body; unknown fields are an error or a warning, as the caller wishes. */
  #read(asked: ResourceRequest, value: unknown, warnings: string[]): ReturnType<typeof readDraft> {
    const draft = readDraft(asked.type, value);
    if (draft.errors.length > 0) throw invalid(asked.type, draft.object.metadata.name, draft.errors);
    const unknown = draft.unknown.map(field => `unknown field ${JSON.stringify(field)}`);
    if (unknown.length > 0 && asked.fieldValidation === 'Strict') {
      throw new DroverError('bad-request', `strict decoding error: ${unknown.join(', ')}`);
    }
    if (asked.fieldValidation === 'Warn') warnings.push(...unknown);
    return draft;
  }

  #send(
    response: ServerResponse,
    status: number,
    asked: ResourceRequest,
    object: ApiObject,
    warnings: readonly string[] = [],
  ): void {
    const { type, wanted } = asked;
    const body = presentOne(type, shown(type, object), wanted, this.#parts.clock.now());
    sendJson(response, status, body, warningHeader(warnings));
  }
}

/** At most so much is said of unknown fields; a header is not a report. */
const maxWarningBytes = 2048;

function warningHeader(warnings: readonly string[]): Record<string, string> {
  if (warnings.length === 0) return {};
  // RFC 7234, 5.5; a client's text goes into a header, so only plain characters stay.
  const text = warnings
    .map(warning => `299 - "${warning.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`)
    .join(', ');
  return text.length > maxWarningBytes ? { warning: '299 - "unknown fields were left out"' } : { warning: text };
}

function inNamespace(object: ApiObject, namespace: string | undefined): ApiObject['metadata'] {
  const { namespace: given, ...metadata } = object.metadata;
  if (namespace === undefined) return metadata;
  if (given === undefined || given === namespace) return { ...metadata, namespace };
  throw new DroverError(
    'bad-request',
    'the namespace of the provided object does not match the namespace sent on the request',
  );
}

function preconditionsOf(options: unknown): Preconditions {
  const found = isRecord(options) && isRecord(options['preconditions']) ? options['preconditions'] : {};
  const { uid, resourceVersion } = found;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}
