/**
 * Why a difference is accepted: `ours` is meant, `older` is that of the testbed's Kubernetes 1.20 to later versions, `open`
 * is a defect that is known and not yet mended.
 */
export type Reason = 'ours' | 'older' | 'open';

/** Differences that are accepted for one reason; in patterns `*` stands for anything. */
export interface AcceptedDifference {
  readonly because: Reason;
  readonly why: string;
  /** Whether it shows or not is chance; else it must show. */
  readonly sometimes?: boolean;
  /** At these places of the outcomes of these steps: `patch/a merge/2`, with kubectl `kubectl get/tables/2 [1.35]`. */
  readonly places: readonly { readonly at: readonly string[]; readonly steps: readonly string[] }[];
}

/** Every accepted difference; docs/conformance.md is made from it. */
export const acceptedDifferences: readonly AcceptedDifference[] = [
  {
    because: 'ours',
    why: 'The columns of the hub say more than a JSONPath of a definition can: groups without brackets, `False`, `never` and `*` where a field is absent, and what they mean in words.',
    places: [
      {
        at: ['body.columnDefinitions[*].description', 'body.columnDefinitions[*].type'],
        steps: [
          'get/as a table with whole objects/2',
          'get/as a table without objects/2',
          'get/as a table/2',
          'list/as a table/7',
          'list/nothing, as a table/1',
          'pagination/pages as tables/7',
          'pagination/pages as tables/8',
          'tables/clusters/2',
          'tables/clusters/3',
          'tables/clusters/4',
          'tables/created as a table/1',
        ],
      },
      {
        at: ['body.rows[*].cells[*]'],
        steps: [
          'get/as a table with whole objects/2',
          'get/as a table without objects/2',
          'get/as a table/2',
          'list/as a table/7',
          'pagination/pages as tables/7',
          'pagination/pages as tables/8',
          'tables/clusters/2',
          'tables/clusters/3',
          'tables/clusters/4',
          'tables/created as a table/1',
        ],
      },
      {
        at: [
          'body.object.columnDefinitions[*].description',
          'body.object.columnDefinitions[*].type',
          'body.object.rows[*].cells[*]',
        ],
        steps: ['watch/as tables/3', 'watch/as tables/4'],
      },
      {
        at: ['stdout[*]'],
        steps: [
          'kubectl edit patch label/label several/3 *',
          'kubectl get/clusters/2 *',
          'kubectl get/clusters/3 *',
          'kubectl get/clusters/4 *',
          'kubectl get/in chunks/2 *',
          'kubectl get/in chunks/4 *',
          'kubectl get/selected/2 *',
          'kubectl get/selected/3 *',
          'kubectl get/selected/5 *',
          'kubectl get/sorted/2 *',
          'kubectl get/sorted/3 *',
          'kubectl get/sorted/4 *',
          'kubectl get/sorted/5 *',
          'kubectl get/sorted/6 *',
          'kubectl get/tables/2 *',
          'kubectl get/tables/3 *',
          'kubectl get/tables/4 *',
          'kubectl get/tables/5 *',
          'kubectl get/tables/6 *',
          'kubectl get/tables/7 *',
          'kubectl get/tables/8 *',
          'kubectl get/tables/9 *',
          'kubectl get/watch/4 *',
        ],
      },
    ],
  },
  {
    because: 'ours',
    why: 'kube-apiserver 1.20 answers 500 to this mistake of a client; the hub answers it with 400, 409 or 422.',
    places: [
      {
        at: ['status'],
        steps: [
          'apply/YAML/1',
          'apply/a wrong list/1',
          'apply/a wrong type/1',
          'apply/an unknown field/1',
          'apply/another kind/1',
          'create/a resourceVersion/1',
          'create/no apiVersion/1',
          'delete/a list for options/2',
          'delete/bad options/2',
          'delete/options of a wrong type/2',
          'delete/options of another kind/2',
          'get/at a bad revision/2',
          'list/at a revision below zero/1',
          'list/at a revision that is no number/1',
          'patch/a merge that is a number/2',
          'patch/a merge that is no JSON/2',
          'patch/a merge that is null/2',
          'patch/a merge that is text/2',
          'patch/a merge with no body/2',
          'update/a revision that is no number/2',
          'watch/a bad revision/1',
        ],
      },
      { at: ['stderr[*]'], steps: ['kubectl edit patch label/patch/7 *'] },
    ],
  },
  {
    because: 'ours',
    why: 'Only JSON is produced, not YAML and not protobuf: no client needs more of a custom resource.',
    places: [
      { at: ['status'], steps: ['get/a user as YAML/2', 'get/as YAML/1'] },
      {
        at: ['body.message'],
        steps: ['create/XML/1', 'create/another media type/1', 'get/as XML/2', 'get/as a table of another version/2'],
      },
      { at: ['contentType', 'body'], steps: ['get/protobuf alone/2'] },
    ],
  },
  {
    because: 'ours',
    why: 'Every failure is a `Status`, also where kube-apiserver answers plain text or a list of its paths.',
    places: [
      {
        at: ['contentType', 'body'],
        steps: [
          'discovery/health, told at length/4',
          'errors/GET /apis//v1/users/1',
          'errors/GET /apis/drover.dev/v1//users/1',
          'errors/GET /apis/drover.dev/v1/Users/1',
          'errors/GET /apis/drover.dev/v1/namespaces/1',
          'errors/GET /apis/drover.dev/v1/namespaces/x/users/1',
          'errors/GET /apis/drover.dev/v1/namespaces/x/users/<n>/1',
          'errors/GET /apis/drover.dev/v1/nothing/1',
          'errors/GET /apis/drover.dev/v1/nothing/x/1',
          'errors/GET /apis/drover.dev/v1/user/1',
          'errors/GET /apis/drover.dev/v2/1',
          'errors/GET /apis/drover.dev/v2/users/1',
          'errors/GET /apis/nothing.dev/1',
          'errors/GET /apis/nothing.dev/v1/users/1',
          'errors/a delete of everything nowhere/1',
        ],
      },
      {
        at: [
          'body.kind',
          'body.apiVersion',
          'body.metadata',
          'body.status',
          'body.message',
          'body.reason',
          'body.details',
          'body.code',
          'body.paths',
        ],
        steps: ['errors/GET //apis/1', 'errors/GET /nothing/1', 'errors/GET /openapi/1', 'errors/GET /openapi/v4/1'],
      },
    ],
  },
  {
    because: 'ours',
    why: 'A path has one form: one that ends in a slash, or `/watch/…` of long ago, is not found.',
    places: [{ at: ['status'], steps: ['get/a trailing slash/2', 'list/a trailing slash/7', 'watch/the old path/2'] }],
  },
  {
    because: 'ours',
    why: 'A user’s name and groups must fit a header (docs/security.md, T4), which the hub checks beside the schema.',
    places: [
      {
        at: ['body.message', 'body.details.causes'],
        steps: [
          'create/an empty name/1',
          'create/metadata null/1',
          'create/no metadata/1',
          'create/no name/1',
          'metadata/name 8/1',
        ],
      },
    ],
  },
  {
    because: 'ours',
    why: 'Discovery and health are read with GET alone; kube-apiserver answers some of them to any method.',
    places: [
      {
        at: ['status'],
        steps: [
          'errors/DELETE /apis/1',
          'errors/DELETE /apis/drover.dev/v1/1',
          'errors/HEAD /version/1',
          'errors/OPTIONS /apis/1',
          'errors/OPTIONS /apis/drover.dev/v1/1',
          'errors/PATCH /apis/1',
          'errors/PATCH /apis/drover.dev/v1/1',
          'errors/POST /apis/1',
          'errors/POST /apis/drover.dev/v1/1',
          'errors/PUT /apis/1',
          'errors/PUT /apis/drover.dev/v1/1',
          'patch/a collection/1',
          'update/a collection/1',
        ],
      },
    ],
  },
  {
    because: 'ours',
    why: 'The message of kube-apiserver quotes types or the parser of Go; the hub says the same in its own words.',
    places: [
      {
        at: ['body.message'],
        steps: [
          'apply/a list/1',
          'apply/bad YAML/1',
          'apply/no body/1',
          'apply/no kind/1',
          'create/YAML that says it is JSON/1',
          'create/a fraction for a whole number/1',
          'create/a list/1',
          'create/a number too large/1',
          'create/a number/1',
          'create/a string/1',
          'create/bad YAML/1',
          'create/metadata of a wrong type/1',
          'create/neither/1',
          'create/no kind/1',
          'create/null/1',
          'create/something after the object/1',
          'delete/half dry/2',
          'dryRun/value /1',
          'dryRun/value All&dryRun=x/1',
          'dryRun/value None/1',
          'dryRun/value all/1',
          'errors/deep lists/1',
          'errors/deeply nested/1',
          'finalizers/of a wrong type/1',
          'metadata/a bad time/1',
          'metadata/a label that is a number/1',
          'metadata/a label that is true/1',
          'metadata/a name of a wrong type/1',
          'metadata/an annotation that is an object/1',
          'metadata/labels of a wrong type/1',
          'ownerReferences/an item of a wrong type/1',
          'ownerReferences/of a wrong type/1',
          'ownerReferences/two controllers/2',
          'pagination/bad token %00/1',
          'pagination/bad token abc/1',
          'patch/a merge that is a list/2',
          'patch/operations that are no JSON/2',
          'patch/the whole document/2',
          'update/a deletion time/2',
          'update/a revision of a wrong type/2',
        ],
      },
      { at: ['status'], steps: ['create/kind of a wrong type/1'] },
      { at: ['body.details.causes'], steps: ['patch/the whole document/2', 'update/a deletion time/2'] },
      {
        at: ['body.details.causes[*].message'],
        steps: [
          'delete/half dry/2',
          'dryRun/value /1',
          'dryRun/value All&dryRun=x/1',
          'dryRun/value None/1',
          'dryRun/value all/1',
          'ownerReferences/two controllers/2',
          'patch/a merge that is a list/2',
        ],
      },
    ],
  },
  {
    because: 'ours',
    why: 'Tokens and join tokens are made and changed by the hub alone, so discovery offers fewer verbs.',
    places: [
      { at: ['body.resources[*].verbs'], steps: ['discovery/the resources/1', 'errors/GET /apis/drover.dev/v1//1'] },
      { at: ['stdout[*]'], steps: ['kubectl discovery/api-resources/2 *'] },
      { at: ['stdout'], steps: ['kubectl discovery/api-resources/4 *'] },
    ],
  },
  {
    because: 'ours',
    why: '`storageVersionHash` tells a migrator of etcd which version is stored; there is none.',
    places: [
      {
        at: ['body.resources[*].storageVersionHash'],
        steps: ['discovery/the resources/1', 'errors/GET /apis/drover.dev/v1//1'],
      },
    ],
  },
  {
    because: 'ours',
    why: 'The hub has other groups than kube-apiserver, and no core group `v1`.',
    places: [
      { at: ['body.groups'], steps: ['errors/GET /apis//1'] },
      { at: ['body.serverAddressByClientCIDRs'], steps: ['errors/GET /api//1'] },
    ],
  },
  {
    because: 'ours',
    why: '`/version` says which Kubernetes API is followed and which Drover it is, and nothing of Go.',
    places: [
      {
        at: [
          'body.minor',
          'body.gitVersion',
          'body.gitCommit',
          'body.gitTreeState',
          'body.buildDate',
          'body.goVersion',
          'body.compiler',
          'body.platform',
        ],
        steps: ['errors/GET /version//1'],
      },
    ],
  },
  {
    because: 'ours',
    why: 'A generated name is random.',
    sometimes: true,
    places: [
      {
        at: ['body.message', 'body.details.name', 'body.details.causes[*].message'],
        steps: ['metadata/a bad prefix/1', 'metadata/a long prefix/1'],
      },
    ],
  },
  {
    because: 'older',
    why: 'A wrong type is `FieldValueTypeInvalid` in later versions.',
    places: [
      {
        at: ['body.details.causes[*].reason'],
        steps: [
          'create/a wrong item/1',
          'create/a wrong type/1',
          'create/spec a list/1',
          'create/spec of a wrong type/1',
          'dryRun/create a bad one/1',
          'patch/a bad result/2',
          'patch/a merge with a bad value/2',
          'patch/spec of a wrong type/2',
          'update/a bad value/2',
        ],
      },
    ],
  },
  {
    because: 'older',
    why: 'Unknown fields and duplicate keys (KEP-2885), and unqualified finalizers, are warned of in later versions.',
    places: [
      {
        at: ['warning'],
        steps: [
          'apply/a key twice/1',
          'create/a key twice/1',
          'create/an unknown field at the top/1',
          'create/an unknown field/1',
          'finalizers/a name without a group/1',
          'metadata/unknown metadata/1',
          'patch/a merge with an unknown field/2',
          'update/an unknown field/2',
        ],
      },
    ],
  },
  {
    because: 'older',
    why: '`managedFields` names the subresource of a write, and a write of the object owns no `status`, in later versions (KEP-555); there an owner reference is owned as a whole, too.',
    places: [
      { at: ['body.metadata.managedFields[*].fieldsV1.f:metadata'], steps: ['create/times of its own/1'] },
      {
        at: ['body.metadata.managedFields[*].fieldsV1.f:status'],
        steps: [
          'apply/a status through the object/1',
          'apply/a status through the object/2',
          'create/with a status that is left out/1',
          'patch/status through the object/2',
          'patch/status through the object/3',
          'update/status through the object/2',
          'update/status through the object/3',
        ],
      },
      {
        at: ['body.metadata.managedFields'],
        steps: [
          'patch/status by operations/2',
          'patch/status by operations/3',
          'patch/status/2',
          'patch/status/3',
          'update/the object through status/2',
          'update/the object through status/3',
        ],
      },
      {
        at: ['body.metadata.managedFields[*].fieldsV1.f:metadata.f:ownerReferences.k:*'],
        steps: [
          'apply/owners by uid/1',
          'apply/owners by uid/2',
          'ownerReferences/are kept/2',
          'ownerReferences/are kept/3',
          'ownerReferences/orphans stay/2',
          'ownerReferences/with controller/2',
        ],
      },
      { at: ['body.metadata.managedFields[*].subresource'], steps: ['apply/a status/2', 'apply/a status/3'] },
      {
        at: ['body.metadata.managedFields[*].fieldsV1.f:spec'],
        steps: ['apply/a status through the object/1', 'apply/a status through the object/2'],
      },
    ],
  },
  {
    because: 'older',
    why: 'Later versions say this in other words, or name the item of a list.',
    places: [
      {
        at: ['body.message'],
        steps: [
          'create/a field manager too long/1',
          'create/a wrong item/1',
          'create/too long/1',
          'create/too many items/1',
          'list/bad field selector metadata.name=a=b/1',
          'list/bad selector a/b/c=1 7/1',
          'list/bad selector a=-b 4/1',
          'list/bad selector a=ü 3/1',
          'list/bad selector colour in ( 11/1',
          'list/bad selector colour in (a b) 15/1',
          'list/bad selector Ünicode=1 9/1',
          'metadata/annotation key 8/1',
          'metadata/annotation key 9/1',
          'metadata/annotations too large/1',
          'metadata/label key 8/1',
          'metadata/label key 9/1',
          'metadata/label value 4/1',
          'metadata/name 13/1',
        ],
      },
      { at: ['body.details.causes[*].field'], steps: ['create/a wrong item/1'] },
      {
        at: ['body.details.causes[*].message'],
        steps: [
          'create/a field manager too long/1',
          'create/a wrong item/1',
          'create/too long/1',
          'create/too many items/1',
          'metadata/annotation key 8/1',
          'metadata/annotation key 9/1',
          'metadata/annotations too large/1',
          'metadata/label key 8/1',
          'metadata/label key 9/1',
          'metadata/label value 4/1',
          'metadata/name 13/1',
        ],
      },
    ],
  },
  {
    because: 'older',
    why: 'A list from the watch cache of 1.20 comes in no order.',
    sometimes: true,
    places: [
      {
        at: ['body.items[*'],
        steps: ['list/at revision 0/7', 'list/not older than/7', 'pagination/at revision 0 the limit is not kept/7'],
      },
    ],
  },
  {
    because: 'older',
    why: 'kubectl checks an object by itself where the server knows no field validation (KEP-2885) and no OpenAPI v3 (KEP-2896): the message is that of the client.',
    places: [
      {
        at: ['stderr[*]'],
        steps: [
          'kubectl apply/bad ones/1 *',
          'kubectl apply/bad ones/2 *',
          'kubectl create/bad ones/1 *',
          'kubectl create/bad ones/2 *',
        ],
      },
      { at: ['stderr'], steps: ['kubectl create/bad ones/3 *'] },
      { at: ['code'], steps: ['kubectl apply/several/1 *', 'kubectl apply/several/2 *'] },
    ],
  },
  {
    because: 'older',
    why: 'kubectl explains by OpenAPI v3 where a server has it, and prints it in another form.',
    places: [
      {
        at: ['stdout'],
        steps: [
          'kubectl discovery/explain/1 *',
          'kubectl discovery/explain/10 *',
          'kubectl discovery/explain/11 *',
          'kubectl discovery/explain/2 *',
          'kubectl discovery/explain/3 *',
          'kubectl discovery/explain/4 *',
          'kubectl discovery/explain/5 *',
          'kubectl discovery/explain/6 *',
          'kubectl discovery/explain/7 *',
          'kubectl discovery/explain/8 *',
        ],
      },
      { at: ['stderr[*]'], steps: ['kubectl discovery/explain/12 *'] },
    ],
  },
  {
    because: 'ours',
    why: 'RFC 6902 has these operations fail: a value must be there to be replaced, indexes begin at 0, and `add` needs a value. The library of kube-apiserver 1.20 lets them pass.',
    places: [
      {
        at: ['status'],
        steps: ['patch/an index below zero/2', 'patch/no value/2', 'patch/replace what is not there/2'],
      },
      {
        at: ['body.metadata.generation'],
        steps: ['patch/an index below zero/3', 'patch/no value/3', 'patch/replace what is not there/3'],
      },
      {
        at: ['body.metadata.managedFields[*].fieldsV1.f:spec.f:disabled', 'body.spec.disabled'],
        steps: ['patch/replace what is not there/3'],
      },
      {
        at: ['body.metadata.managedFields[*].fieldsV1.f:spec.f:groups.v:"b"', 'body.spec.groups'],
        steps: ['patch/an index below zero/3'],
      },
      {
        at: ['body.metadata.managedFields[*].fieldsV1.f:spec.f:displayName', 'body.spec.displayName'],
        steps: ['patch/no value/3'],
      },
    ],
  },
  {
    because: 'ours',
    why: 'A subresource that a kind does not have, or a method that a path does not have, is refused by the path alone: the answer names no object.',
    places: [
      {
        at: ['body.message', 'body.details.group', 'body.details.kind'],
        steps: [
          'delete/a status/2',
          'errors/GET /apis/drover.dev/v1/users/<n>/status/x/1',
          'errors/GET /apis/drover.dev/v1/users/<n>/x/y/1',
          'errors/OPTIONS of a user/2',
          'errors/OPTIONS of users/1',
          'errors/POST of a status/1',
          'get/a status where there is none/2',
          'get/an unknown subresource/2',
          'update/a status where there is none/2',
        ],
      },
      {
        at: ['body.details.name'],
        steps: [
          'errors/GET /apis/drover.dev/v1/users/<n>/status/x/1',
          'errors/GET /apis/drover.dev/v1/users/<n>/x/y/1',
          'get/a status where there is none/2',
          'get/an unknown subresource/2',
          'update/a status where there is none/2',
        ],
      },
      { at: ['status'], steps: ['errors/GET /apis/drover.dev/v1/proxy/users/x/1'] },
    ],
  },
  {
    because: 'ours',
    why: 'The hub knows that nothing more matches and gives no token; kube-apiserver gives one, and then an empty page.',
    sometimes: true,
    places: [
      {
        at: ['body.metadata.continue'],
        steps: ['pagination/a page as large as the list/7', 'pagination/three pages/9'],
      },
    ],
  },
  {
    because: 'ours',
    why: 'The window of changes of the hub goes back to its first one, so revision 1 is not too old in a young hub.',
    places: [{ at: ['body'], steps: ['watch/a revision long gone/1'] }],
  },
  {
    because: 'ours',
    why: 'The message or the check is that of etcd’s storage, which the hub does not have.',
    places: [{ at: ['body.message'], steps: ['update/another uid/2'] }],
  },
  {
    because: 'ours',
    why: 'An object has at most 1,500,000 bytes, as etcd takes; kube-apiserver reads bodies of 3 MiB and leaves the rest to etcd.',
    places: [{ at: ['body.message'], steps: ['errors/an object too large/1'] }],
  },
  {
    because: 'ours',
    why: 'A path that is not well-formed is not found, and a query that cannot be decoded is read as it stands.',
    places: [
      {
        at: ['status'],
        steps: [
          'errors/a bad percent sign/1',
          'errors/a bad query/1',
          'get/a name with a percent sign/1',
          'list/bad field selector =/1',
        ],
      },
    ],
  },
  {
    because: 'older',
    why: 'What is too long or too many is `FieldValueTooLong` and `FieldValueTooMany` in later versions.',
    places: [{ at: ['body.details.causes[*].reason'], steps: ['create/too long/1', 'create/too many items/1'] }],
  },
  {
    because: 'ours',
    why: 'An update that contradicts itself or its path in several ways is told the first that was found, once.',
    places: [
      {
        at: ['body.details.causes'],
        steps: [
          'finalizers/none may be added while it is deleted/3',
          'patch/a merge of another uid/2',
          'update/a bad label/2',
        ],
      },
      {
        at: ['body.message', 'body.details.kind', 'body.details.causes[*].field', 'body.details.causes[*].message'],
        steps: ['update/another kind/2'],
      },
      { at: ['status'], steps: ['patch/a merge of the version/2'] },
    ],
  },
  {
    because: 'ours',
    why: 'An object is created by a POST of its collection alone; 1.20 takes one at the name of an object, too.',
    places: [{ at: ['status'], steps: ['create/at a name/1'] }],
  },
  {
    because: 'ours',
    why: 'kube-apiserver tells several errors in the order of a Go map, which is chance.',
    sometimes: true,
    places: [
      { at: ['body.details.causes*', 'body.message'], steps: ['apply/conflicts with two managers/3'] },
      {
        at: ['body.details.causes[*].reason'],
        steps: ['create/several wrong types/1', 'update/a bad status/2', 'update/a condition with a bad status/2'],
      },
      {
        at: ['body.message', 'body.details.causes[*].field', 'body.details.causes[*].message'],
        steps: ['update/a bad status/2', 'update/a condition with a bad status/2'],
      },
    ],
  },
  {
    because: 'open',
    why: 'An object that leaves a selector is DELETED with what it became; kube-apiserver sends what it was, with the new revision.',
    places: [
      {
        at: ['body[*].object.metadata.managedFields[*].fieldsV1.f:metadata', 'body[*].object.metadata.labels'],
        steps: ['watch/into and out of a selector/5'],
      },
    ],
  },
  {
    because: 'open',
    why: 'A label that is null is dropped; kube-apiserver keeps it as an empty one.',
    places: [
      {
        at: ['body.metadata.managedFields[*].fieldsV1.f:metadata', 'body.metadata.labels'],
        steps: ['metadata/a label null/1'],
      },
    ],
  },
  {
    because: 'older',
    why: 'A finalizer that is named twice is kept with `managedFields`; 1.20 gives them up.',
    places: [{ at: ['body.metadata.managedFields'], steps: ['finalizers/twice the same/1'] }],
  },
  {
    because: 'open',
    why: 'The `apiVersion` of an owner reference is not checked for its form.',
    places: [{ at: ['status'], steps: ['ownerReferences/with a bad version/2'] }],
  },
  {
    because: 'open',
    why: 'A list asked for as the metadata of one is not refused with 406, and a list of metadata holds an empty `continue`.',
    places: [
      { at: ['body.metadata.continue'], steps: ['list/as metadata/7'] },
      { at: ['status'], steps: ['list/as the metadata of one, which a list is not/7'] },
    ],
  },
];
