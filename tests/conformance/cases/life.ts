import { apply, cluster, clusters, del, get, merge, post, put, type Step, type Topic, user, users } from '../case.ts';

const finalizers = (...list: string[]): Step => post(users(), user('<n>', {}, { finalizers: list }));

export const finalizing: Topic = {
  name: 'finalizers',
  cases: [
    {
      name: 'keep the object until they are gone',
      steps: [
        finalizers('x.dev/a', 'x.dev/b'),
        del(users('/<n>')),
        get(users('/<n>')),
        merge(users('/<n>'), { metadata: { finalizers: ['x.dev/b'] } }),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
        get(users('/<n>')),
      ],
    },
    {
      name: 'deleting again changes nothing',
      steps: [
        finalizers('x.dev/a'),
        del(users('/<n>')),
        del(users('/<n>')),
        get(users('/<n>')),
        merge(users('/<n>'), { metadata: { finalizers: [] } }),
      ],
    },
    {
      name: 'none may be added while it is deleted',
      steps: [
        finalizers('x.dev/a'),
        del(users('/<n>')),
        merge(users('/<n>'), { metadata: { finalizers: ['x.dev/a', 'x.dev/b'] } }),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
      ],
    },
    {
      name: 'other fields may change while it is deleted',
      steps: [
        finalizers('x.dev/a'),
        del(users('/<n>')),
        merge(users('/<n>'), { spec: { displayName: 'x' } }),
        merge(users('/<n>'), { metadata: { labels: { a: 'b' } } }),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
      ],
    },
    {
      name: 'creating again while it is deleted',
      steps: [
        finalizers('x.dev/a'),
        del(users('/<n>')),
        post(users(), user()),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
      ],
    },
    { name: 'a name without a group', steps: [finalizers('bad')] },
    { name: 'a bad name', steps: [finalizers('a b/c')] },
    { name: 'of a wrong type', steps: [post(users(), user('<n>', {}, { finalizers: 'x' }))] },
    { name: 'twice the same', steps: [finalizers('x.dev/a', 'x.dev/a')] },
    {
      name: 'taken out by an update',
      steps: [
        finalizers('x.dev/a'),
        del(users('/<n>')),
        get(users('/<n>')),
        put(users('/<n>'), user('<n>', {}, { resourceVersion: '<rv>' })),
        get(users('/<n>')),
      ],
    },
    { name: 'a dry deletion', steps: [finalizers('x.dev/a'), del(users('/<n>?dryRun=All')), get(users('/<n>'))] },
    {
      name: 'a deletion time cannot be taken back',
      steps: [
        finalizers('x.dev/a'),
        del(users('/<n>')),
        merge(users('/<n>'), { metadata: { deletionTimestamp: null } }),
        get(users('/<n>')),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
      ],
    },
    {
      name: 'foreground of an object with no dependents',
      steps: [
        finalizers('x.dev/a'),
        del(users('/<n>'), { propagationPolicy: 'Orphan' }),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
      ],
    },
  ],
};

const owner = { apiVersion: 'drover.dev/v1', kind: 'User', name: '<n>', uid: '<uid>' };
const owned = (reference: object): Step[] => [
  post(users(), user()),
  post(users(), user('<n>-owned', {}, { ownerReferences: [reference] })),
];

export const owning: Topic = {
  name: 'ownerReferences',
  cases: [
    { name: 'are kept', steps: [...owned(owner), get(users('/<n>-owned'))] },
    { name: 'with controller', steps: owned({ ...owner, controller: true, blockOwnerDeletion: true }) },
    { name: 'without a uid', steps: owned({ ...owner, uid: '' }) },
    { name: 'without a name', steps: owned({ ...owner, name: '' }) },
    { name: 'without a kind', steps: owned({ ...owner, kind: '' }) },
    { name: 'without a version', steps: owned({ ...owner, apiVersion: '' }) },
    { name: 'with a bad version', steps: owned({ ...owner, apiVersion: 'a/b/c' }) },
    { name: 'of a wrong type', steps: [post(users(), user('<n>', {}, { ownerReferences: {} }))] },
    { name: 'an item of a wrong type', steps: [post(users(), user('<n>', {}, { ownerReferences: ['x'] }))] },
    {
      name: 'two controllers',
      steps: [
        post(users(), user()),
        post(
          users(),
          user(
            '<n>-owned',
            {},
            {
              ownerReferences: [
                { ...owner, controller: true },
                { ...owner, uid: 'b', name: 'b', controller: true },
              ],
            },
          ),
        ),
      ],
    },
    { name: 'orphans stay', steps: [...owned(owner), del(users('/<n>'), { propagationPolicy: 'Orphan' })] },
  ],
};

const me = '?fieldManager=me';
const you = '?fieldManager=you';
const applied = (spec: object, metadata: object = {}): object => ({
  apiVersion: 'drover.dev/v1',
  kind: 'User',
  metadata: { name: '<n>', ...metadata },
  ...(Object.keys(spec).length === 0 ? {} : { spec }),
});

export const applying: Topic = {
  name: 'apply',
  cases: [
    {
      name: 'makes',
      steps: [apply(users(`/<n>${me}`), applied({ displayName: 'a' }, { labels: { a: 'b' } })), get(users('/<n>'))],
    },
    {
      name: 'again the same',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
      ],
    },
    {
      name: 'changes its own',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
        apply(users(`/<n>${me}`), applied({ displayName: 'b' })),
      ],
    },
    {
      name: 'takes out what it no longer says',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a', disabled: true }, { labels: { a: 'b', c: 'd' } })),
        apply(users(`/<n>${me}`), applied({ displayName: 'a' }, { labels: { a: 'b' } })),
      ],
    },
    {
      name: 'conflicts',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
        apply(users(`/<n>${you}`), applied({ displayName: 'b' })),
        get(users('/<n>')),
      ],
    },
    {
      name: 'conflicts in two fields',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a', disabled: true })),
        apply(users(`/<n>${you}`), applied({ displayName: 'b', disabled: false })),
      ],
    },
    {
      name: 'conflicts with two managers',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
        apply(users(`/<n>${you}`), applied({ disabled: true })),
        apply(users('/<n>?fieldManager=they'), applied({ displayName: 'b', disabled: false })),
      ],
    },
    {
      name: 'conflicts with an update',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
        merge(users(`/<n>${you}`), { spec: { displayName: 'b' } }),
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
      ],
    },
    {
      name: 'the same value is shared',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
        apply(users(`/<n>${you}`), applied({ displayName: 'a' })),
        apply(users(`/<n>${me}`), applied({})),
        get(users('/<n>')),
      ],
    },
    {
      name: 'force',
      steps: [
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
        apply(users(`/<n>${you}&force=true`), applied({ displayName: 'b' })),
        apply(users(`/<n>${me}`), applied({ displayName: 'a' })),
      ],
    },
    { name: 'a bad force', steps: [apply(users(`/<n>${me}&force=x`), applied({}))] },
    { name: 'no manager', steps: [apply(users('/<n>'), applied({}))] },
    {
      name: 'a list is one value',
      steps: [
        apply(users(`/<n>${me}`), applied({ groups: ['a'] })),
        apply(users(`/<n>${you}`), applied({ groups: ['b'] })),
      ],
    },
    {
      name: 'with managedFields',
      steps: [apply(users(`/<n>${me}`), applied({}, { managedFields: [{ manager: 'x' }] }))],
    },
    {
      name: 'a stale revision',
      steps: [
        apply(users(`/<n>${me}`), applied({})),
        apply(users(`/<n>${me}`), applied({ displayName: 'x' }, { resourceVersion: '1' })),
      ],
    },
    {
      name: 'a revision of what is not there',
      steps: [apply(users(`/<n>${me}`), applied({}, { resourceVersion: '1' }))],
    },
    { name: 'a uid of what is not there', steps: [apply(users(`/<n>${me}`), applied({}, { uid: 'x' }))] },
    { name: 'another name', steps: [apply(users(`/<n>${me}`), { ...applied({}), metadata: { name: 'other' } })] },
    { name: 'another kind', steps: [apply(users(`/<n>${me}`), { ...applied({}), kind: 'Cluster' })] },
    { name: 'no kind', steps: [apply(users(`/<n>${me}`), { metadata: { name: '<n>' } })] },
    { name: 'no name', steps: [apply(users(`/<n>${me}`), { apiVersion: 'drover.dev/v1', kind: 'User' })] },
    { name: 'an unknown field', steps: [apply(users(`/<n>${me}`), applied({ colour: 'red' }))] },
    { name: 'a wrong type', steps: [apply(users(`/<n>${me}`), applied({ disabled: 'x' }))] },
    { name: 'a wrong list', steps: [apply(users(`/<n>${me}`), applied({ groups: 'x' }))] },
    {
      name: 'YAML',
      steps: [
        apply(
          users(`/<n>${me}`),
          'apiVersion: drover.dev/v1\nkind: User\nmetadata:\n  name: <n>\nspec:\n  displayName: y\n',
        ),
      ],
    },
    { name: 'bad YAML', steps: [apply(users(`/<n>${me}`), 'a: [')] },
    {
      name: 'a key twice',
      steps: [apply(users(`/<n>${me}`), 'apiVersion: drover.dev/v1\nkind: User\nkind: User\nmetadata: {name: <n>}\n')],
    },
    { name: 'no body', steps: [apply(users(`/<n>${me}`), '')] },
    { name: 'a list', steps: [apply(users(`/<n>${me}`), '[]')] },
    { name: 'dry', steps: [apply(users(`/<n>${me}&dryRun=All`), applied({ displayName: 'a' })), get(users('/<n>'))] },
    {
      name: 'over what was created',
      steps: [
        post(users(you), user('<n>', { displayName: 'a', groups: ['x'] })),
        apply(users(`/<n>${me}`), applied({ displayName: 'b' })),
        apply(users(`/<n>${me}&force=true`), applied({ displayName: 'b' })),
      ],
    },
    {
      name: 'finalizers are a set',
      steps: [
        apply(users(`/<n>${me}`), applied({}, { finalizers: ['a.dev/b'] })),
        apply(users(`/<n>${you}`), applied({}, { finalizers: ['c.dev/d'] })),
        apply(users(`/<n>${me}`), applied({})),
        get(users('/<n>')),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
      ],
    },
    {
      name: 'owners by uid',
      steps: [
        apply(
          users(`/<n>${me}`),
          applied({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'a', uid: 'a' }] }),
        ),
        apply(
          users(`/<n>${you}`),
          applied({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'B', name: 'b', uid: 'b' }] }),
        ),
      ],
    },
    { name: 'a cluster', steps: [apply(clusters(`/<n>${me}`), cluster('<n>', { displayName: 'x' }))] },
    {
      name: 'a status',
      steps: [
        post(clusters(), cluster()),
        apply(clusters(`/<n>/status${me}`), {
          apiVersion: 'drover.dev/v1',
          kind: 'Cluster',
          metadata: { name: '<n>' },
          status: { agentVersion: '1' },
        }),
        get(clusters('/<n>')),
      ],
    },
    {
      name: 'a status of what is not there',
      steps: [
        apply(clusters(`/<n>/status${me}`), {
          apiVersion: 'drover.dev/v1',
          kind: 'Cluster',
          metadata: { name: '<n>' },
          status: {},
        }),
      ],
    },
    {
      name: 'a status through the object',
      steps: [apply(clusters(`/<n>${me}`), { ...cluster(), status: { agentVersion: '1' } }), get(clusters('/<n>'))],
    },
    {
      name: 'managers of writes by programs',
      steps: [
        {
          ...post(users(), user('<n>', { displayName: 'a' })),
          headers: { 'content-type': 'application/json', 'user-agent': 'robot/1.0 (x)' },
        },
        {
          ...merge(users('/<n>'), { spec: { disabled: true } }),
          headers: { 'content-type': 'application/merge-patch+json', 'user-agent': 'other/2' },
        },
        get(users('/<n>')),
      ],
    },
    {
      name: 'managedFields emptied',
      steps: [
        post(users(me), user('<n>', { displayName: 'a' })),
        merge(users('/<n>'), { metadata: { managedFields: [{}] } }),
        apply(users(`/<n>${you}`), applied({ displayName: 'b' })),
      ],
    },
  ],
};

const watching = (more = ''): Step =>
  get(users(`?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3D<n>${more}`));
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

export const watches: Topic = {
  name: 'watch',
  cases: [
    { name: 'what there is', steps: [post(users(), user()), watching()] },
    { name: 'from 0', steps: [post(users(), user()), watching('&resourceVersion=0')] },
    {
      name: 'from a revision',
      steps: [
        post(users(), user()),
        merge(users('/<n>'), { spec: { displayName: 'x' } }),
        merge(users('/<n>'), { metadata: { labels: { a: 'b' } } }),
        del(users('/<n>')),
        watching('&resourceVersion=<rv0>'),
      ],
    },
    { name: 'from the newest', steps: [post(users(), user()), watching('&resourceVersion=<rv>')] },
    {
      name: 'into and out of a selector',
      steps: [
        post(users(), user()),
        merge(users('/<n>'), { metadata: { labels: { a: 'b' } } }),
        merge(users('/<n>'), { spec: { displayName: 'x' } }),
        merge(users('/<n>'), { metadata: { labels: null } }),
        watching('&resourceVersion=<rv0>&labelSelector=a%3Db'),
      ],
    },
    {
      name: 'a deletion with finalizers',
      steps: [
        post(users(), user('<n>', {}, { finalizers: ['a.dev/b'] })),
        del(users('/<n>')),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
        watching('&resourceVersion=<rv0>'),
      ],
    },
    { name: 'a bad revision', steps: [watching('&resourceVersion=abc')] },
    { name: 'a bad timeout', steps: [get(users('?watch=true&timeoutSeconds=x'))] },
    { name: 'a revision long gone', steps: [watching('&resourceVersion=1')] },
    { name: 'a bad selector', steps: [get(users('?watch=true&timeoutSeconds=1&labelSelector=a%20b'))] },
    {
      name: 'as tables',
      steps: [
        post(users(), user()),
        merge(users('/<n>'), { spec: { displayName: 'x' } }),
        get(users('?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3D<n>&resourceVersion=<rv0>'), table),
        get(users('?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3D<n>'), table),
      ],
    },
    {
      name: 'metadata',
      steps: [
        post(users(), user()),
        get(users('?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3D<n>'), {
          accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
        }),
      ],
    },
    {
      name: 'the old path',
      steps: [post(users(), user()), get('/apis/drover.dev/v1/watch/users/<n>?timeoutSeconds=1')],
    },
    { name: 'one by its name', steps: [post(users(), user()), get(users('/<n>?watch=true&timeoutSeconds=1'))] },
    { name: 'with a limit', steps: [post(users(), user()), watching('&limit=1')] },
    {
      name: 'watch=false',
      steps: [post(users(), user()), get(users('?watch=false&fieldSelector=metadata.name%3D<n>'))],
    },
    {
      name: 'watch=1',
      steps: [post(users(), user()), get(users('?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3D<n>'))],
    },
    {
      name: 'watch=x',
      steps: [post(users(), user()), get(users('?watch=x&timeoutSeconds=1&fieldSelector=metadata.name%3D<n>'))],
    },
  ],
};
