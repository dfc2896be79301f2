import {
  type ApiObject,
  allVerbs,
  type Column,
  objectMeta,
  type ProtobufMessage,
  type ResourceType,
  type Schema,
} from '@drover/apiserver';

/** An object of a simulated kind: any manifest of Kubernetes' own is one. */
export interface LooseObject extends ApiObject {
  [field: string]: unknown;
}

/** Whatever Kubernetes has there: manifests are taken as they are, and their details are not checked. */
const loose = (description: string): Schema => ({
  type: 'object',
  description,
  'x-kubernetes-preserve-unknown-fields': true,
});
const anything = (description: string): Schema => ({ description, 'x-kubernetes-preserve-unknown-fields': true });
const texts = (description: string): Schema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
});

/** The top-level fields of Kubernetes' kinds. */
const knownFields = {
  spec: loose('What is wanted. The simulated cluster takes any manifest of Kubernetes.'),
  status: loose('What is known; the simulated cluster makes it up.'),
  data: texts('The content by key.'),
  binaryData: texts('Content that is no text, base64.'),
  stringData: texts('Content as text; it is written into data.'),
  immutable: { type: 'boolean', description: 'Whether the content stays as it is.' },
  type: { type: 'string', description: 'What it is for.' },
  secrets: anything('Secrets that pods may use.'),
  imagePullSecrets: anything('Secrets for registries.'),
  automountServiceAccountToken: { type: 'boolean', description: 'Whether pods get a token mounted.' },
  rules: anything('What the role allows.'),
  aggregationRule: loose('Not looked at.'),
  roleRef: loose('The role that is bound.'),
  subjects: anything('Who holds the role.'),
  involvedObject: loose('What it happened to.'),
  reason: { type: 'string', description: 'Why, in one word.' },
  message: { type: 'string', description: 'What happened.' },
  source: loose('Who says so.'),
  count: { type: 'integer', description: 'How often it happened.' },
  firstTimestamp: anything('When it happened first.'),
  lastTimestamp: anything('When it happened last.'),
  eventTime: anything('When it happened.'),
  reportingComponent: { type: 'string', description: 'Who says so.' },
  reportingInstance: { type: 'string', description: 'Which of them says so.' },
  action: { type: 'string', description: 'What was done.' },
  related: loose('What else it is about.'),
  series: loose('Events of the same kind.'),
} as const satisfies Record<string, Schema>;

export type KnownField = keyof typeof knownFields;

/** What a simulated kind says of itself; the rest follows. */
export interface LooseKind {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  /** Default: yes. */
  readonly namespaced?: boolean;
  /** `kubectl get all` lists it. */
  readonly all?: boolean;
  readonly description: string;
  /** Default: spec and status. */
  readonly fields?: readonly KnownField[];
  readonly selectable?: readonly string[];
  readonly columns?: readonly Column<LooseObject>[];
  /** Its fields beside metadata as protobuf; absent: JSON alone is read. */
  readonly message?: ProtobufMessage;
}

/** The message of a whole object. */
export const withMetadata = (message: ProtobufMessage): ProtobufMessage => ({
  1: ['metadata', objectMeta],
  ...message,
});

/** The kinds of one group and version. */
export const kindsOf =
  (group: string, version = 'v1') =>
  (declared: LooseKind): ResourceType<LooseObject> => {
    const { kind, plural, shortNames = [], namespaced = true, all = false, description } = declared;
    const fields = declared.fields ?? ['spec', 'status'];
    return {
      ...{ group, version, kind, plural, singular: kind.toLowerCase(), shortNames, namespaced, description },
      ...(all ? { categories: ['all'] } : {}),
      ...(declared.selectable ? { selectableFields: declared.selectable } : {}),
      verbs: allVerbs,
      status: fields.includes('status'),
      fields: Object.fromEntries(fields.map(name => [name, knownFields[name]])),
      columns: declared.columns ?? [],
      ...(declared.message === undefined ? {} : { protobuf: withMetadata(declared.message) }),
    };
  };
