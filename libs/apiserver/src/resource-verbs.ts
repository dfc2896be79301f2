import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@drover/async';
import { DroverError } from '@drover/errors';
import { readDraft, shown, withHidden } from './draft.ts';
import { invalid, notFound } from './failures.ts';
import { type ApiObject, isRecord } from './object.ts';
import { applyPatch, patchTypes } from './patch.ts';
import type { Preconditions, Registry } from './registry.ts';
import { presentList, presentOne } from './representation.ts';
import type { ResourceRequest } from './request.ts';
import { mediaTypeOf, readJson } from './request-body.ts';
import { groupVersion } from './resource-type.ts';
import { sendJson } from './responses.ts';
import type { Selector } from './selectors.ts';
import type { WatchCache } from './watch-cache.ts';
import { serveWatch } from './watch-response.ts';

/** A watch lives between once and twice this long unless it says otherwise; as kube-apiserver. */
const minWatchMs = 30 * 60_000;

const jsonOnly: readonly string[] = ['application/json'];

/** What the verbs work on. */
export interface VerbParts {
  readonly registry: Registry;
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What a request about objects does, once it is read and allowed. */
export class ResourceVerbs {
  readonly #parts: VerbParts;

  constructor(parts: VerbParts) {
    this.#parts = parts;
  }

  /** Answers the request. `exists`: which objects exist for its caller. */
  serve(request: IncomingMessage, response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    switch (asked.verb) {
      case 'get':
        return this.#get(response, asked, exists);
      case 'list':
        return this.#list(response, asked, exists);
      case 'watch':
        return this.#watch(response, asked, exists);
      case 'create':
        return this.#create(request, response, asked);
      case 'update':
      case 'patch':
        return this.#change(request, response, asked, exists);
      case 'delete':
        return this.#delete(request, response, asked, exists);
    }
  }

  async #get(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    this.#send(response, 200, asked, this.#existing(asked, exists));
  }

  async #list(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache, clock } = this.#parts;
    const { type, wanted, revision = 0 } = asked;
    await cache.until(
      () => cache.revision >= revision,
      `Too large resource version: ${revision}, current: ${cache.revision}`,
    );
    const items = this.#parts.registry
      .list(type, asked.namespace)
      .filter(object => asked.selects(object) && exists(object));
    const visible = items.map(object => shown(type, object));
    sendJson(response, 200, presentList(type, visible, String(cache.revision), wanted, clock.now()));
  }

  async #watch(response: ServerResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { cache, clock, random } = this.#parts;
    const { type, wanted, name } = asked;
    await serveWatch(response, {
      cache,
      resource: type.plural,
      from: asked.initialEvents ? undefined : asked.revision,
      marksInitialEnd: asked.initialEvents,
      bookmarks: asked.bookmarks,
      selects: object =>
        asked.selects(object) && exists(object) && (name === undefined || object.metadata.name === name),
      timeoutMs: asked.timeoutMs ?? minWatchMs * (1 + random()),
      clock,
      present: (object, first) => presentOne(type, shown(type, object), wanted, clock.now(), first),
      bookmark: metadata => {
        const empty = { name: '', uid: '', creationTimestamp: '' };
        const mark = { kind: type.kind, apiVersion: groupVersion(type), metadata: { ...empty, ...metadata } };
        return wanted.form === 'object'
          ? { kind: mark.kind, apiVersion: mark.apiVersion, metadata }
          : presentOne(type, mark, { ...wanted, include: 'Metadata' }, clock.now(), false);
      },
    });
  }

  async #create(request: IncomingMessage, response: ServerResponse, asked: ResourceRequest): Promise<void> {
    const { type, namespace, dryRun } = asked;
    const warnings: string[] = [];
    const { object, generateName } = this.#read(asked, await readJson(request, jsonOnly), warnings);
    if (object.metadata.name === '' && generateName === undefined) {
      throw invalid(type, '', [
        {
          field: 'metadata.name',
          reason: 'FieldValueRequired',
          message: 'Required value: name or generateName is required',
        },
      ]);
    }
    const draft = { ...object, metadata: inNamespace(object, namespace) };
    const created = await this.#parts.registry.create(type, draft, {
      dryRun,
      ...(generateName === undefined ? {} : { generateName }),
    });
    this.#send(response, 201, asked, created, warnings);
  }

  async #change(
    request: IncomingMessage,
    response: ServerResponse,
    asked: ResourceRequest,
    exists: Selector,
  ): Promise<void> {
    const { type, name = '', namespace, dryRun, subresource, verb } = asked;
    this.#existing(asked, exists);
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
      return withHidden(type, { ...object, metadata: inNamespace(object, namespace) }, current);
    };
    const part = subresource === 'status' ? 'status' : 'main';
    const changed = await this.#parts.registry.update(type, name, change, {
      dryRun,
      part,
      ...(namespace === undefined ? {} : { namespace }),
    });
    this.#send(response, 200, asked, changed, warnings);
  }

  async #delete(
    request: IncomingMessage,
    response: ServerResponse,
    asked: ResourceRequest,
    exists: Selector,
  ): Promise<void> {
    const { type, name = '', namespace } = asked;
    this.#existing(asked, exists);
    const options = await readJson(request, jsonOnly);
    const gone = await this.#parts.registry.delete(type, name, {
      dryRun: asked.dryRun || (isRecord(options) && Array.isArray(options['dryRun']) && options['dryRun'].length > 0),
      preconditions: preconditionsOf(options),
      ...(namespace === undefined ? {} : { namespace }),
    });
    const details = { name, group: type.group, kind: type.plural, uid: gone.metadata.uid };
    sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }

  /** The object that the request names. Throws `not-found`, also where it does not exist for this caller. */
  #existing({ type, name = '', namespace }: ResourceRequest, exists: Selector): ApiObject {
    const found = this.#parts.registry.get(type, name, namespace);
    if (!exists(found)) throw notFound(type, name);
    return found;
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
