/**
 * Why a difference is accepted: `ours` is meant, `older` is that of the testbed's Kubernetes 1.20 to later versions, `open`
 * is a defect that is known and not yet mended.
 */
export type Because = 'ours' | 'older' | 'open';

export interface Reason {
  readonly because: Because;
  readonly why: string;
  /** Whether it shows or not is chance; else it must show. */
  readonly sometimes?: boolean;
}

/** Where differences are accepted; in patterns `*` stands for anything. */
export interface AcceptedPlaces {
  readonly reason: ReasonName;
  /** Places in the outcomes of {@link steps}. */
  readonly at: readonly string[];
  /** `patch/a merge/2`, with kubectl `kubectl get/tables/2 [1.35]`. */
  readonly steps: readonly string[];
}

/** Every reason, in the order in which docs/conformance.md tells them. Each is a fact about what the hub means to do. */
export const reasons = {
  columns: {
    because: 'ours',
    why: 'The columns of the hub say more than a JSONPath of a definition can: groups without brackets, `False`, `never` and `*` where a field is absent, and what they mean in words.',
  },
  serverErrors: {
    because: 'ours',
    why: 'kube-apiserver 1.20 answers 500 to this mistake of a client; the hub answers it with 400, 409 or 422.',
  },
  jsonOnly: {
    because: 'ours',
    why: 'Only JSON is produced, not YAML and not protobuf: no client needs more of a custom resource.',
  },
  alwaysStatus: {
    because: 'ours',
    why: 'Every failure is a `Status`, also where kube-apiserver answers plain text or a list of its paths.',
  },
  onePath: {
    because: 'ours',
    why: 'A path has one form: one that ends in a slash, or `/watch/…` of long ago, is not found.',
  },
  headerNames: {
    because: 'ours',
    why: 'A user’s name and groups must fit a header (docs/security.md, T4), which the hub checks beside the schema.',
  },
  readByGet: {
    because: 'ours',
    why: 'Discovery and health are read with GET alone; kube-apiserver answers some of them to any method.',
  },
  ownWords: {
    because: 'ours',
    why: 'The message of kube-apiserver quotes types or the parser of Go; the hub says the same in its own words.',
  },
  ownTokens: {
    because: 'ours',
    why: 'Tokens and join tokens are made and changed by the hub alone, so discovery offers fewer verbs.',
  },
  noStorageVersion: {
    because: 'ours',
    why: '`storageVersionHash` tells a migrator of etcd which version is stored; there is none.',
  },
  ownGroups: { because: 'ours', why: 'The hub has other groups than kube-apiserver, and no core group `v1`.' },
  ownVersion: {
    because: 'ours',
    why: '`/version` says which Kubernetes API is followed and which Drover it is, and nothing of Go.',
  },
  randomName: { because: 'ours', sometimes: true, why: 'A generated name is random.' },
  typeInvalid: { because: 'older', why: 'A wrong type is `FieldValueTypeInvalid` in later versions.' },
  warned: {
    because: 'older',
    why: 'Unknown fields and duplicate keys (KEP-2885), and unqualified finalizers, are warned of in later versions.',
  },
  ownership: {
    because: 'older',
    why: '`managedFields` names the subresource of a write, and a write of the object owns no `status`, in later versions (KEP-555); there an owner reference is owned as a whole, too.',
  },
  laterWords: { because: 'older', why: 'Later versions say this in other words, or name the item of a list.' },
  unordered: { because: 'older', sometimes: true, why: 'A list from the watch cache of 1.20 comes in no order.' },
  stale: {
    because: 'older',
    sometimes: true,
    why: 'At revision 0 the watch cache of kube-apiserver may not know yet what was just written.',
  },
  clientChecks: {
    because: 'older',
    why: 'kubectl checks an object by itself where the server knows no field validation (KEP-2885) and no OpenAPI v3 (KEP-2896): the message is that of the client.',
  },
  explained: {
    because: 'older',
    why: 'kubectl explains by OpenAPI v3 where a server has it, and prints it in another form.',
  },
  rfc6902: {
    because: 'ours',
    why: 'By RFC 6902 a value must be there to be replaced, indexes begin at 0, `add` needs a value, and the empty path is the whole document. The library of kube-apiserver 1.20 has it otherwise.',
  },
  pathAlone: {
    because: 'ours',
    why: 'A subresource that a kind does not have, or a method that a path does not have, is refused by the path alone: the answer names no object.',
  },
  knownEnd: {
    because: 'ours',
    sometimes: true,
    why: 'The hub knows that nothing more matches and gives no token; kube-apiserver gives one, and then an empty page.',
  },
  youngWindow: {
    because: 'ours',
    why: 'The window of changes of the hub goes back to its first one, so revision 1 is not too old in a young hub.',
  },
  noEtcd: { because: 'ours', why: 'The message or the check is that of etcd’s storage, which the hub does not have.' },
  sizeLimit: {
    because: 'ours',
    why: 'An object has at most 1,500,000 bytes, as etcd takes; kube-apiserver reads bodies of 3 MiB and leaves the rest to etcd.',
  },
  malformed: {
    because: 'ours',
    why: 'A path that is not well-formed is not found, and a query that cannot be decoded is read as it stands.',
  },
  tooLongReason: {
    because: 'older',
    why: 'What is too long or too many is `FieldValueTooLong` and `FieldValueTooMany` in later versions.',
  },
  toldOnce: {
    because: 'ours',
    why: 'An update that contradicts itself or its path in several ways is told the first that was found, once.',
  },
  atCollection: {
    because: 'ours',
    why: 'An object is created by a POST of its collection alone; 1.20 takes one at the name of an object, too.',
  },
  mapOrder: {
    because: 'ours',
    sometimes: true,
    why: 'kube-apiserver tells several errors in the order of a Go map, which is chance.',
  },
  ownershipGivenUp: {
    because: 'older',
    why: 'What is named twice, and a part of a wrong type that the write does not touch, make 1.20 give up `managedFields`.',
  },
} as const satisfies Readonly<Record<string, Reason>>;

export type ReasonName = keyof typeof reasons;
