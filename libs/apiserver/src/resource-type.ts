import type { KindDeclaration } from '@drover/contracts';
import type { FieldError } from './field-errors.ts';
import type { ApiObject } from './object.ts';

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

/** Who calls, as Kubernetes' `authentication.k8s.io/v1 UserInfo` tells it. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A write over HTTP that is about to be validated and stored. */
export interface Admission<T extends ApiObject = ApiObject> {
  readonly verb: 'create' | 'update' | 'patch' | 'delete';
  /** The object as it will be; of a deletion, as it is. */
  readonly object: T;
  /** The object as it is; absent when it is made. */
  readonly old: T | undefined;
  readonly subresource: 'status' | undefined;
  readonly caller: UserInfo;
  readonly dryRun: boolean;
}

/** One column of `kubectl get`. The name comes first and the age last by themselves. */
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
  /**
   * Asked about every write over HTTP before it is validated: the object to go on with (changed, where its kind has
   * defaults that a schema cannot say), or a throw that refuses it. It may run several times for one request, and for a dry
   * run, so it must have no effect of its own.
   */
  admit?(admission: Admission<T>): T;
  /** What a schema cannot say. `old` is absent when the object is made. */
  validate?(object: T, old: T | undefined): readonly FieldError[];
}

/** `widgets.example.dev`, as kubectl names a resource in messages. */
export const qualifiedName = (type: Pick<ResourceType, 'group' | 'plural'>): string =>
  type.group === '' ? type.plural : `${type.plural}.${type.group}`;

/** `example.dev/v1`. */
export const groupVersion = (type: ResourceType): string =>
  type.group === '' ? type.version : `${type.group}/${type.version}`;
