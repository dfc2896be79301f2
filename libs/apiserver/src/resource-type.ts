import type { KindDeclaration } from '@drover/contracts';
import type { FieldError } from './field-errors.ts';
import type { ApiObject } from './object.ts';
import type { ProtobufMessage } from './protobuf.ts';

/** What a caller may do with a resource over HTTP. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Every {@link Verb}, in the order in which kube-apiserver tells those of custom resources. */
export const allVerbs: readonly Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];

/** One column of `kubectl get`. The name comes first by itself, and the age before those that `-o wide` adds. */
export interface Column<T extends ApiObject = ApiObject> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
  /** 0 (default): always shown; above: only by `-o wide`. */
  readonly priority?: number;
  /** Where a CustomResourceDefinition finds the same thing (`.spec.size`); absent: no JSONPath says it. */
  readonly jsonPath?: string;
  cell(object: T, nowMs: number): string | number | boolean;
}

/**
 * A resource, declared once: from this come its paths, discovery, OpenAPI, validation and table.
 *
 * @example
 * const widgets: ResourceType = {
 *   group: 'example.dev', version: 'v1', kind: 'Widget', plural: 'widgets', singular: 'widget', shortNames: ['wi'],
 *   namespaced: false, verbs: allVerbs, status: true, columns: [],
 *   fields: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
 * };
 */
export interface ResourceType<T extends ApiObject = ApiObject> extends KindDeclaration {
  /** What the HTTP API offers; none: the resource is kept, and not served at all. */
  readonly verbs: readonly Verb[];
  readonly columns: readonly Column<T>[];
  /** Its fields beside apiVersion and kind, for clients that send Kubernetes' own kinds as protobuf; they read JSON. */
  readonly protobuf?: ProtobufMessage;
  /** What a schema cannot say. `old` is absent when the object is made. */
  validate?(object: T, old: T | undefined): readonly FieldError[];
}

/** `widgets.example.dev`, as kubectl names a resource in messages. */
export const qualifiedName = (type: Pick<ResourceType, 'group' | 'plural'>): string =>
  type.group === '' ? type.plural : `${type.plural}.${type.group}`;

/** `example.dev/v1`. */
export const groupVersion = (type: ResourceType): string =>
  type.group === '' ? type.version : `${type.group}/${type.version}`;
