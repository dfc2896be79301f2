import type { FromSchema } from './from-schema.ts';
import type { ObjectMeta } from './resources.ts';
import type { Schema } from './schema.ts';

/** What a kind of objects is called and looks like; everything about it that is no code. */
export interface KindDeclaration {
  /** Empty: the core group, whose paths begin with `/api`. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** Groups of resources that `kubectl get <category>` lists. */
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** What the kind is, for `kubectl explain` and docs/reference.md. */
  readonly description?: string;
  /** Whether `status` is a subresource: then writes of the object leave it alone, and writes of `/status` the rest. */
  readonly status: boolean;
  /** The schemas of the fields beside apiVersion, kind and metadata, `spec` and `status` as a rule. */
  readonly fields: Readonly<Record<string, Schema>>;
  /** Which of them an object must have. */
  readonly required?: readonly string[];
  /** Top-level text fields that are kept and never served; a write over HTTP can neither see nor change them. */
  readonly hidden?: readonly string[];
  /** Paths of scalar fields, such as `spec.user`, that field selectors may name besides those of metadata (KEP-4358). */
  readonly selectableFields?: readonly string[];
}

type HiddenOf<D> = D extends { readonly hidden: readonly (infer Name extends string)[] } ? Name : never;
type RequiredOf<D> = D extends { readonly required: readonly (infer Name extends string)[] } ? Name : never;

/**
 * The TypeScript type of a kind's objects, from a declaration written `as const satisfies KindDeclaration`.
 *
 * @example
 * export interface Cluster extends ObjectOf<typeof clusterKind> {}
 */
export type ObjectOf<D extends KindDeclaration> = {
  apiVersion: D['group'] extends '' ? D['version'] : `${D['group']}/${D['version']}`;
  kind: D['kind'];
  metadata: ObjectMeta;
} & FromSchema<{
  readonly type: 'object';
  readonly properties: D['fields'];
  readonly required: readonly RequiredOf<D>[];
}> & { [Name in HiddenOf<D>]: string };
