/** A schema of an OpenAPI 3.0 document. */
export type OpenApiSchema = Readonly<Record<string, unknown>>;

const prefix = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const text = (description: string): OpenApiSchema => ({ type: 'string', default: '', description });
const optionalText = (description: string): OpenApiSchema => ({ type: 'string', description });
const flag = (description: string): OpenApiSchema => ({ type: 'boolean', description });
const whole = (format: 'int32' | 'int64', description: string): OpenApiSchema => ({
  type: 'integer',
  format,
  description,
});
const list = (items: OpenApiSchema, description: string, more: OpenApiSchema = {}): OpenApiSchema => ({
  type: 'array',
  items,
  description,
  'x-kubernetes-list-type': 'atomic',
  ...more,
});
const textMap = (description: string): OpenApiSchema => ({
  type: 'object',
  additionalProperties: { type: 'string', default: '' },
  description,
});
const object = (
  description: string,
  properties: Readonly<Record<string, OpenApiSchema>>,
  required: readonly string[] = [],
): OpenApiSchema => ({ type: 'object', description, ...(required.length === 0 ? {} : { required }), properties });

/** A reference with a description of its own. (A bare `$ref` allows nothing beside it, so OpenAPI needs the `allOf`.) */
export const metaRef = (name: MetaName, description?: string): OpenApiSchema =>
  description === undefined
    ? { $ref: `#/components/schemas/${prefix}${name}` }
    : { description, allOf: [{ $ref: `#/components/schemas/${prefix}${name}` }] };

const typeMeta = {
  apiVersion: optionalText('The version of the schema of this object, as <group>/<version>.'),
  kind: optionalText('What kind of object this is, in CamelCase. It cannot change.'),
};

const schemas = {
  Time: { type: 'string', format: 'date-time', description: 'A time as in RFC 3339, to a second.' },
  FieldsV1: {
    type: 'object',
    description: 'A set of fields as a tree: `f:<name>`, `k:<keys>`, `v:<value>`, `i:<index>`.',
  },
  Patch: { type: 'object', description: 'A patch, in the form that the Content-Type of its request names.' },
  ManagedFieldsEntry: object('Which fields one manager set, and when.', {
    apiVersion: optionalText('The version of the object in which the fields are told.'),
    fieldsType: optionalText('The form of the fields: always `FieldsV1`.'),
    fieldsV1: { $ref: `#/components/schemas/${prefix}FieldsV1` },
    manager: optionalText('Who set the fields.'),
    operation: optionalText('How: `Apply` or `Update`.'),
    subresource: optionalText('The subresource through which the fields were set.'),
    time: { $ref: `#/components/schemas/${prefix}Time` },
  }),
  OwnerReference: {
    ...object(
      'Another object that this one belongs to. When the last owner goes, this object goes.',
      {
        apiVersion: text('The owner’s apiVersion.'),
        blockOwnerDeletion: flag('Whether a foreground deletion of the owner waits for this object.'),
        controller: flag('Whether the owner is the controller that manages this object; one owner at most is.'),
        kind: text('The owner’s kind.'),
        name: text('The owner’s name.'),
        uid: text('The owner’s uid.'),
      },
      ['apiVersion', 'kind', 'name', 'uid'],
    ),
    'x-kubernetes-map-type': 'atomic',
  },
  ObjectMeta: object('What every object has.', {
    annotations: textMap('Anything that tools and people want to keep with the object.'),
    creationTimestamp: { $ref: `#/components/schemas/${prefix}Time` },
    deletionGracePeriodSeconds: whole('int64', 'How long the object has to end after its deletion was asked for.'),
    deletionTimestamp: { $ref: `#/components/schemas/${prefix}Time` },
    finalizers: list(text('One finalizer.'), 'The object goes only when this list has become empty.', {
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-patch-strategy': 'merge',
    }),
    generateName: optionalText('The beginning of a name that the server makes, where `name` is empty.'),
    generation: whole('int64', 'Grows by one with each change of what is wanted.'),
    labels: textMap('By these, selectors find objects.'),
    managedFields: list(
      { $ref: `#/components/schemas/${prefix}ManagedFieldsEntry` },
      'Which manager set which fields; kept for server-side apply.',
    ),
    name: optionalText('Unique among objects of the kind, in its namespace. It cannot change.'),
    namespace: optionalText('The space in which the name is unique; empty for kinds that have none.'),
    ownerReferences: list(
      { $ref: `#/components/schemas/${prefix}OwnerReference` },
      'The objects that this one belongs to.',
      {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['uid'],
        'x-kubernetes-patch-merge-key': 'uid',
        'x-kubernetes-patch-strategy': 'merge',
      },
    ),
    resourceVersion: optionalText(
      'Changes with every change of the object; opaque, for optimistic locking and watches.',
    ),
    selfLink: optionalText('Not filled in any more.'),
    uid: optionalText('Unique in time and space: no later object of the same name has it.'),
  }),
  ListMeta: object('What every list has.', {
    continue: optionalText('Hand this back to get the next part of the list; empty: this is all.'),
    remainingItemCount: whole('int64', 'How many objects come after this part, where that is known.'),
    resourceVersion: optionalText('The revision at which the list holds; a watch may go on from it.'),
    selfLink: optionalText('Not filled in any more.'),
  }),
  Preconditions: object('What must hold of the object, or nothing is done.', {
    resourceVersion: optionalText('The resourceVersion that it must have.'),
    uid: optionalText('The uid that it must have.'),
  }),
  DeleteOptions: object('How to delete.', {
    ...typeMeta,
    dryRun: list(text('`All`.'), 'With `All`, everything is done but the deletion.'),
    gracePeriodSeconds: whole('int64', 'How long the object has to end; 0: none.'),
    orphanDependents: flag('Deprecated: see propagationPolicy.'),
    preconditions: { $ref: `#/components/schemas/${prefix}Preconditions` },
    propagationPolicy: optionalText(
      'What becomes of objects that this one owns: `Orphan` leaves them, `Background` deletes them afterwards, `Foreground` before.',
    ),
  }),
  StatusCause: object('One thing that is wrong.', {
    field: optionalText('The field that is wrong, as `spec.groups[0]`.'),
    message: optionalText('What is wrong, for people.'),
    reason: optionalText('What is wrong, as one word.'),
  }),
  StatusDetails: object('What a failure is about.', {
    causes: list({ $ref: `#/components/schemas/${prefix}StatusCause` }, 'Everything that is wrong.'),
    group: optionalText('The group of the resource.'),
    kind: optionalText('The resource.'),
    name: optionalText('The object’s name.'),
    retryAfterSeconds: whole('int32', 'When to try again.'),
    uid: optionalText('The object’s uid.'),
  }),
  Status: object('How a request ended that gives no object back.', {
    ...typeMeta,
    code: whole('int32', 'The HTTP status.'),
    details: {
      allOf: [{ $ref: `#/components/schemas/${prefix}StatusDetails` }],
      description: 'What the failure is about.',
      'x-kubernetes-list-type': 'atomic',
    },
    message: optionalText('What happened, for people.'),
    metadata: { $ref: `#/components/schemas/${prefix}ListMeta` },
    reason: optionalText('What happened, as one word.'),
    status: optionalText('`Success` or `Failure`.'),
  }),
  WatchEvent: object(
    'One event of a watch.',
    {
      object: {
        type: 'object',
        description: 'The object: as it is, or as it was before a deletion; a Status where the watch failed.',
      },
      type: text('`ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.'),
    },
    ['type', 'object'],
  ),
} as const satisfies Readonly<Record<string, OpenApiSchema>>;

/** The schemas of `meta/v1` that documents may refer to. */
export type MetaName = keyof typeof schemas;

/** The fields that say what an object is. */
export const typeMetaProperties: Readonly<Record<string, OpenApiSchema>> = typeMeta;

/** The definitions that every document carries, by their full names. */
export const metaSchemas: Readonly<Record<string, OpenApiSchema>> = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [prefix + name, schema]),
);
