/** The fields of an object type on one level, so that editors show them. */
type Flat<T> = { [K in keyof T]: T[K] };

/** The names in `required`, and those of fields that get a default: what is validated has them. */
type RequiredOf<S, Properties> =
  | (S extends { readonly required: readonly (infer Name)[] } ? Name : never)
  | { [K in keyof Properties]: Properties[K] extends { readonly default: unknown } ? K : never }[keyof Properties];

/** What a map's values may be besides its named fields. */
type RestOf<S> = S extends { readonly additionalProperties: infer Value }
  ? Record<string, FromSchema<Value>>
  : S extends { readonly 'x-kubernetes-preserve-unknown-fields': true }
    ? Record<string, unknown>
    : unknown;

type FieldsOf<S, Properties> = Flat<
  {
    -readonly [K in keyof Properties as K extends RequiredOf<S, Properties> ? K : never]: FromSchema<Properties[K]>;
  } & {
    -readonly [K in keyof Properties as K extends RequiredOf<S, Properties> ? never : K]?: FromSchema<Properties[K]>;
  }
>;

type ValueOf<S> = S extends { readonly type: 'object'; readonly properties: infer Properties }
  ? unknown extends RestOf<S>
    ? FieldsOf<S, Properties>
    : FieldsOf<S, Properties> & RestOf<S>
  : S extends { readonly type: 'object' }
    ? unknown extends RestOf<S>
      ? Record<string, never>
      : RestOf<S>
    : S extends { readonly type: 'array'; readonly items: infer Items }
      ? FromSchema<Items>[]
      : S extends { readonly enum: readonly (infer Choice)[] }
        ? Choice
        : S extends { readonly type: 'string' }
          ? string
          : S extends { readonly type: 'integer' | 'number' }
            ? number
            : S extends { readonly type: 'boolean' }
              ? boolean
              : S extends { readonly 'x-kubernetes-int-or-string': true }
                ? number | string
                : unknown;

/**
 * The TypeScript type of the values that a schema, written `as const satisfies Schema`, describes. A type that is derived
 * cannot differ from what is validated and documented.
 *
 * @example
 * const spec = { type: 'object', required: ['user'], properties: { user: { type: 'string' } } } as const satisfies Schema;
 * type Spec = FromSchema<typeof spec>; // { user: string }
 */
export type FromSchema<S> = S extends { readonly nullable: true } ? ValueOf<S> | null : ValueOf<S>;
