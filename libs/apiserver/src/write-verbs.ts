import { DroverError } from '@drover/errors';
import type { ClientRules } from './access.ts';
import type { ApiRequest, ApiResponse } from './api-exchange.ts';
import { readConfiguration } from './apply/configuration.ts';
import { applied } from './apply/field-manager.ts';
import { deleteOptionsMessage, readDeletion } from './delete-options.ts';
import { type Draft, type DraftOptions, readDraft, shown, unreadable, withHidden } from './draft.ts';
import { badPatch, conflict, invalid, invalidOptions, notFound } from './failures.ts';
import { fieldErrors } from './field-errors.ts';
import { choiceOf, pageJson, pageOf } from './list-page.ts';
import type { ApiObject } from './object.ts';
import { withUntouched } from './object-change.ts';
import { applyPatch, applyType, patchTypes } from './patch.ts';
import { decodeObject, protobufType } from './protobuf.ts';
import type { DeleteOptions } from './registry.ts';
import { presentOne } from './representation.ts';
import type { ResourceRequest } from './request.ts';
import { type Body, mediaTypeOf, objectTypes, readBody, readBytes, readJson, unrecognised } from './request-body.ts';
import type { ResourceType } from './resource-type.ts';
import { sendBytes, sendJson } from './responses.ts';
import type { Selector } from './selectors.ts';
import { existing, type VerbParts } from './verb-parts.ts';

/** How often an apply begins again because the object came or went meanwhile. */
const maxApplyTries = 4;

/** So many objects of a collection are deleted at once. */
const deletionsAtOnce = 16;

/** create, update, patch and the deletions: a body is read, and the registry does it. */
export class WriteVerbs {
  readonly #parts: VerbParts;

  constructor(parts: VerbParts) {
    this.#parts = parts;
  }

  async create(request: ApiRequest, response: ApiResponse, asked: ResourceRequest, rules: ClientRules): Promise<void> {
    const warnings: string[] = [];
    const draft = this.#read(asked, await this.#body(request, asked), warnings);
    if (draft.object.metadata.resourceVersion !== '') {
      throw new DroverError('bad-request', 'resourceVersion should not be set on objects to be created');
    }
    await this.#create(response, asked, rules, draft, 'Update', warnings);
  }

  async change(request: ApiRequest, response: ApiResponse, asked: ResourceRequest, rules: ClientRules): Promise<void> {
    if (asked.verb === 'patch' && mediaTypeOf(request) === applyType) {
      return this.#apply(request, response, asked, rules);
    }
    existing(this.#parts.registry, asked, rules.exists);
    const make = asked.verb === 'patch' ? await this.#patch(request, asked) : await this.#update(request, asked);
    await this.#change(response, asked, rules, make, 'Update');
  }

  /** Merges what somebody applies into the object, or makes the object of it (KEP-555). */
  async #apply(request: ApiRequest, response: ApiResponse, asked: ResourceRequest, rules: ClientRules): Promise<void> {
    const { type, name = '', namespace, subresource } = asked;
    const make = await this.#configuration(request, asked);
    for (let tries = 1; ; tries++) {
      const found = this.#parts.registry.find(type, name, namespace);
      const exists = found !== undefined && rules.exists(found);
      if (!exists && subresource !== undefined) throw notFound(type, name);
      try {
        if (exists) return await this.#change(response, asked, rules, make, 'Apply');
        const warnings: string[] = [];
        return await this.#create(response, asked, rules.creating(), make(undefined, warnings), 'Apply', warnings);
      } catch (error) {
        // Somebody made it, or deleted it, in between.
        const raced = error instanceof DroverError && error.code === (exists ? 'not-found' : 'already-exists');
        if (!raced || tries === maxApplyTries) throw error;
      }
    }
  }

  async #create(
    response: ApiResponse,
    asked: ResourceRequest,
    { admit }: ClientRules,
    draft: Draft,
    operation: 'Apply' | 'Update',
    warnings: string[],
  ): Promise<void> {
    const { type, namespace, dryRun, fieldManager: manager } = asked;
    if (draft.mistaken !== undefined) throw draft.mistaken;
    const wanted = { ...draft.object, metadata: madeIn(draft.object.metadata, namespace) };
    if (draft.errors.length > 0) throw this.#parts.registry.refusal(type, undefined, wanted, draft.errors);
    const { object, answer, stored: follow } = admit(wanted, undefined);
    warnings.push(...finalizerWarnings(object, undefined));
    const created = await this.#parts.registry.create(type, object, { dryRun, manager, operation });
    if (!dryRun) await follow?.(created);
    this.#send(response, 201, asked, answer?.(created) ?? created, warnings);
  }

  async #change(
    response: ApiResponse,
    asked: ResourceRequest,
    { exists, admit }: ClientRules,
    make: Change,
    operation: 'Apply' | 'Update',
  ): Promise<void> {
    const { type, name = '', namespace, dryRun, subresource, fieldManager: manager } = asked;
    const part = subresource ?? 'main';
    let warnings: string[] = [];
    const change = (current: ApiObject): ApiObject => {
      if (!exists(current)) throw notFound(type, name);
      warnings = [];
      const { object, mistaken, errors } = make(current, warnings);
      const wanted = { ...object, metadata: keptIn(object.metadata, current, namespace) };
      if (mistaken !== undefined) throw mistaken;
      const next = withHidden(type, withUntouched(type, wanted, current, part), current);
      if (errors.length > 0) throw this.#parts.registry.refusal(type, current, next, errors, part);
      warnings.push(...finalizerWarnings(next, current));
      return admit(next, current).object;
    };
    const changed = await this.#parts.registry.update(type, name, change, {
      dryRun,
      manager,
      operation,
      part,
      ...(namespace === undefined ? {} : { namespace }),
    });
    this.#send(response, 200, asked, changed, warnings);
  }

  async delete(request: ApiRequest, response: ApiResponse, asked: ResourceRequest, exists: Selector): Promise<void> {
    const { type, name = '', namespace } = asked;
    existing(this.#parts.registry, asked, exists);
    const wanted = readDeletion(await this.#options(request, type), asked.query);
    const { object, gone } = await this.#parts.registry.delete(type, name, deleteOptions(wanted, namespace));
    if (!gone) return this.#send(response, wanted.orphanDependents === false ? 202 : 200, asked, object);
    const group = type.group === '' ? {} : { group: type.group };
    const details = { name, ...group, kind: type.plural, uid: object.metadata.uid };
    sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }

  /** Deletes a page of what is selected, which is all without a `limit`, and answers with it as it was. */
  async deleteCollection(
    request: ApiRequest,
    response: ApiResponse,
    asked: ResourceRequest,
    exists: Selector,
  ): Promise<void> {
    const { registry, cache, clock } = this.#parts;
    const { type } = asked;
    const wanted = readDeletion(await this.#options(request, type), asked.query);
    const page = pageOf(cache, asked, choiceOf(asked, exists));
    const json = pageJson(asked, page, clock.now());
    const left = page.objects.values();
    const work = async (): Promise<void> => {
      for (const { object } of left) {
        const { name, namespace: home } = object.metadata;
        await registry.delete(type, name, deleteOptions(wanted, home)).catch(ignoreNotFound);
      }
    };
    await Promise.all(Array.from({ length: Math.min(deletionsAtOnce, page.objects.length) }, work));
    sendBytes(response, 200, json);
  }

  async #update(request: ApiRequest, asked: ResourceRequest): Promise<Change> {
    const { type, name = '' } = asked;
    const body = await this.#body(request, asked);
    return (current, warnings) => {
      const draft = this.#read(asked, body, warnings);
      const { uid, resourceVersion } = draft.object.metadata;
      requireName(asked, draft.object);
      if (uid !== '' && uid !== current.metadata.uid) {
        const both = `${uid}, UID in object meta: ${current.metadata.uid}`;
        throw conflict(type, name, `Precondition failed: UID in precondition: ${both}`);
      }
      if (resourceVersion === '') {
        const message = 'Invalid value: 0x0: must be specified for an update';
        throw invalid(
          type,
          name,
          [{ ...fieldErrors.invalid('metadata.resourceVersion', '', ''), message }],
          type.plural,
        );
      }
      return draft;
    };
  }

  async #patch(request: ApiRequest, asked: ResourceRequest): Promise<Change> {
    const { type } = asked;
    if (asked.query.has('force')) {
      throw invalidOptions('PatchOptions', [
        fieldErrors.forbidden('force', 'may not be specified for non-apply patch'),
      ]);
    }
    const body = await readBody(request, patchTypes, why => new DroverError('bad-request', why));
    if (body === undefined) throw new DroverError('bad-request', 'unexpected end of JSON input');
    const mediaType = mediaTypeOf(request);
    return (current, warnings) => {
      const patched = applyPatch(mediaType, shown(type, current), body.value);
      const failure = (why: string): DroverError => badPatch(JSON.stringify(patched) ?? '', why);
      if (typeof patched !== 'object' || patched === null || Array.isArray(patched)) {
        throw failure("couldn't get version/kind; json parse error: json: cannot unmarshal it into an object");
      }
      const read = { value: patched, duplicates: body.duplicates };
      const draft = this.#read(asked, read, warnings, { failure, patched: true });
      requireName(asked, draft.object);
      return draft;
    };
  }

  async #configuration(request: ApiRequest, asked: ResourceRequest): Promise<ChangeOrMake> {
    const { type, name = '', namespace, subresource, fieldManager: manager, query } = asked;
    if ((query.get('fieldManager') ?? '') === '') {
      throw invalidOptions('PatchOptions', [fieldErrors.required('fieldManager', 'is required for apply patch')]);
    }
    const undecodable = (why: string): DroverError => new DroverError('bad-request', `error decoding YAML: ${why}`);
    const { value, duplicates } = (await readBody(request, patchTypes, undecodable)) ?? { value: {}, duplicates: [] };
    const config = readConfiguration({ type, name, namespace }, value);
    // As Go reads a parameter that is a boolean.
    const force = !['false', '0'].includes((query.get('force') ?? 'false').toLowerCase());
    return (current, warnings) => {
      const live = current === undefined ? undefined : shown(type, current);
      const merged = applied(type, live, config, { manager, subresource, force }, this.#parts.clock.now());
      const draft = this.#read(asked, { value: merged, duplicates }, warnings, { failure: undecodable });
      const { uid } = draft.object.metadata;
      requireName(asked, draft.object);
      if (live === undefined && uid !== '') {
        const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
        throw conflict(type, name, why);
      }
      return draft;
    };
  }

  async #body(request: ApiRequest, { type }: ResourceRequest): Promise<Body> {
    if (type.protobuf !== undefined && mediaTypeOf(request) === protobufType) {
      return { value: decodeObject(await readBytes(request), type.protobuf), duplicates: [] };
    }
    const failure = unrecognised(type.kind);
    const body = await readBody(request, objectTypes, failure);
    if (body !== undefined) return body;
    throw failure('unexpected end of JSON input', Buffer.alloc(0));
  }

  /** The options of a deletion, if any. */
  async #options(request: ApiRequest, { protobuf }: ResourceType): Promise<unknown> {
    if (protobuf === undefined || mediaTypeOf(request) !== protobufType) return readJson(request, objectTypes);
    const bytes = await readBytes(request);
    return bytes.length === 0 ? undefined : decodeObject(bytes, deleteOptionsMessage);
  }

  /** Reads an object; what is unknown or twice there is an error or a warning, as the caller wishes. */
  #read(
    { type, fieldValidation, subresource }: ResourceRequest,
    { value, duplicates }: Body,
    warnings: string[],
    options: Pick<DraftOptions, 'failure' | 'patched'> = {},
  ): Draft {
    const { failure = (why: string): DroverError => unreadable(type, why) } = options;
    const draft = readDraft(type, value, { ...options, part: subresource ?? 'main' });
    const loose = [...duplicates, ...draft.unknown.map(field => `unknown field ${JSON.stringify(field)}`)];
    if (loose.length > 0 && fieldValidation === 'Strict') {
      throw failure(`strict decoding error: ${loose.join(', ')}`);
    }
    if (fieldValidation === 'Warn') warnings.push(...loose);
    warnings.push(...draft.warnings);
    return draft;
  }

  #send(
    response: ApiResponse,
    status: number,
    asked: ResourceRequest,
    object: ApiObject,
    warnings: readonly string[] = [],
  ): void {
    const { type, wanted } = asked;
    const body = presentOne(type, shown(type, stored(object)), wanted, this.#parts.clock.now());
    sendJson(response, status, body, warningHeader(warnings));
  }
}

/** What a dry run would have made has no revision, and JSON leaves out what is undefined. */
const stored = (object: ApiObject): ApiObject =>
  object.metadata.resourceVersion === ''
    ? { ...object, metadata: Object.assign({}, object.metadata, { resourceVersion: undefined }) }
    : object;

/** What a request makes of the object as it is now. */
type Change = (current: ApiObject, warnings: string[]) => Draft;

/** The same, also where there is none yet. */
type ChangeOrMake = (current: ApiObject | undefined, warnings: string[]) => Draft;

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

/** As kube-apiserver warns of custom resources. */
function finalizerWarnings(next: ApiObject, current: ApiObject | undefined): string[] {
  const known = new Set(current?.metadata.finalizers);
  const added = new Set(
    next.metadata.finalizers?.filter(name => !known.has(name) && !/\/|^(orphan|foregroundDeletion)$/.test(name)),
  );
  const advice = 'prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts';
  return [...added].map(name => `metadata.finalizers: ${JSON.stringify(name)}: ${advice} with other finalizer writers`);
}

/** A new object is of the request's namespace; a resource without namespaces overlooks one. */
function madeIn(metadata: ApiObject['metadata'], namespace: string | undefined): ApiObject['metadata'] {
  const { namespace: given, ...rest } = metadata;
  if (namespace === undefined) return rest;
  if (given === undefined || given === namespace) return { ...rest, namespace };
  throw new DroverError(
    'bad-request',
    'the namespace of the provided object does not match the namespace sent on the request',
  );
}

function keptIn(
  metadata: ApiObject['metadata'],
  current: ApiObject,
  namespace: string | undefined,
): ApiObject['metadata'] {
  const { namespace: given, ...rest } = metadata;
  if (namespace === undefined) return rest;
  if (given === undefined || given === namespace) return { ...rest, namespace };
  const both = `the namespace of the object (${given}) does not match the namespace on the request`;
  throw new DroverError('bad-request', `${both} (${current.metadata.namespace ?? ''})`);
}

function requireName({ name = '' }: ResourceRequest, { metadata }: ApiObject): void {
  if (metadata.name === name) return;
  throw new DroverError(
    'bad-request',
    metadata.name === ''
      ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
  );
}

function deleteOptions(
  { dryRun, preconditions, propagation }: ReturnType<typeof readDeletion>,
  namespace: string | undefined,
): DeleteOptions {
  return {
    dryRun,
    preconditions,
    ...(propagation === undefined ? {} : { propagation }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** Somebody else was quicker, which is as good. */
const ignoreNotFound = (error: unknown): undefined => {
  if (error instanceof DroverError && error.code === 'not-found') return undefined;
  throw error;
};
