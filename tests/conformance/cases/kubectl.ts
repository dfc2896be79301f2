import { cluster, json, type KubectlStep, kubectl, type Topic, user } from '../case.ts';

const applyOf = (...objects: object[]): KubectlStep =>
  kubectl('apply -f -', {
    stdin: objects.length === 1 ? json(objects[0]) : json({ apiVersion: 'v1', kind: 'List', items: objects }),
  });
const make = (...objects: object[]): KubectlStep =>
  kubectl('create -f -', { stdin: objects.map(json).join('\n---\n') });
const three = make(
  user('<n>-b', { displayName: 'Bea', groups: ['x', 'y'] }, { labels: { of: '<n>', rank: '2' } }),
  user('<n>-a', { displayName: 'Cid' }, { labels: { of: '<n>', rank: '1' } }),
  user('<n>-c', { displayName: 'Ada', disabled: true }, { labels: { of: '<n>' } }),
);
const show = (rest: string): KubectlStep => kubectl(`get users -l of=<n> ${rest}`);

export const kubectlGet: Topic = {
  name: 'kubectl get',
  cases: [
    {
      name: 'tables',
      steps: [
        three,
        show(''),
        show('-o wide'),
        show('--no-headers'),
        show('--show-labels'),
        show('-L rank'),
        show('--show-kind'),
        kubectl('get user <n>-a'),
        kubectl('get user/<n>-a user/<n>-b'),
      ],
    },
    {
      name: 'whole',
      steps: [
        three,
        show('-o yaml'),
        show('-o json'),
        kubectl('get user <n>-a -o yaml'),
        kubectl('get user <n>-a -o json --show-managed-fields'),
      ],
    },
    {
      name: 'parts',
      steps: [
        three,
        show('-o name'),
        show("-o jsonpath='{.items[*].metadata.name}'"),
        show('-o jsonpath=\'{range .items[*]}{.spec.displayName}{"\\n"}{end}\''),
        show('-o custom-columns=NAME:.metadata.name,SHOWN:.spec.displayName,GROUPS:.spec.groups'),
        show("-o go-template='{{range .items}}{{.metadata.name}} {{end}}'"),
      ],
    },
    {
      name: 'sorted',
      steps: [
        three,
        show('--sort-by=.spec.displayName'),
        show('--sort-by=.metadata.name'),
        show('--sort-by=.metadata.labels.rank'),
        show('--sort-by=.nothing'),
        show('--sort-by=x['),
        show('--sort-by=.spec.displayName -o name'),
      ],
    },
    {
      name: 'in chunks',
      steps: [three, show('--chunk-size=1'), show('--chunk-size=1 -o name'), show('--chunk-size=0')],
    },
    {
      name: 'selected',
      steps: [
        three,
        show('--field-selector metadata.name=<n>-a'),
        show('--field-selector metadata.name!=<n>-a'),
        show('--field-selector spec.x=1'),
        kubectl("get users -l 'of in (<n>),rank'"),
        kubectl("get users -l 'of=<n>,!rank'"),
        kubectl("get users -l 'a b'"),
      ],
    },
    {
      name: 'none',
      steps: [
        kubectl('get user <n>'),
        kubectl('get user <n> --ignore-not-found'),
        show(''),
        show('-o name'),
        show('-o yaml'),
        kubectl('get nothings'),
        kubectl('get users.nothing.dev'),
        kubectl('get users.drover.dev <n>'),
        kubectl('get users.v1.drover.dev <n>'),
        kubectl('get user <n> -n x'),
      ],
    },
    {
      name: 'raw',
      steps: [
        three,
        kubectl('get --raw /apis/drover.dev/v1/users/<n>-a'),
        kubectl('get --raw /apis/drover.dev/v1/users/<n>'),
        kubectl('get --raw /nothing'),
      ],
    },
    {
      name: 'clusters',
      steps: [
        make(cluster('<n>', { displayName: 'x' }, { labels: { of: '<n>' } })),
        kubectl('get cl -l of=<n>'),
        kubectl('get clusters -l of=<n> -o wide'),
        kubectl('get clusters,users -l of=<n>'),
        kubectl('get cluster <n> -o yaml'),
        kubectl('get cluster <n> --subresource=status -o yaml'),
      ],
    },
    { name: 'files', steps: [three, kubectl('get -f - -o name', { stdin: json(user('<n>-a')) })] },
    {
      name: 'describe',
      steps: [three, kubectl('describe user <n>-a'), kubectl('describe user <n>'), kubectl('describe users -l of=<n>')],
    },
    {
      name: 'watch',
      steps: [
        three,
        show('-w --request-timeout=3s -o name'),
        show('--watch-only --request-timeout=3s -o name'),
        kubectl('get user <n>-a -w --request-timeout=3s'),
      ],
    },
  ],
};

export const kubectlCreate: Topic = {
  name: 'kubectl create',
  cases: [
    { name: 'from standard input', steps: [make(user()), make(user()), kubectl('get user <n> -o yaml')] },
    {
      name: 'from YAML',
      steps: [
        kubectl('create -f -', {
          stdin:
            'apiVersion: drover.dev/v1\nkind: User\nmetadata:\n  name: <n>\n  labels:\n    a: "1"\nspec:\n  groups:\n  - a\n',
        }),
        kubectl('get user <n> -o yaml'),
      ],
    },
    {
      name: 'and shows',
      steps: [
        kubectl('create -f - -o yaml', { stdin: json(user()) }),
        kubectl('create -f - -o name', { stdin: json(user('<n>-2')) }),
        kubectl('create -f - -o json', { stdin: json(user('<n>-3')) }),
      ],
    },
    {
      name: 'dry',
      steps: [
        kubectl('create -f - --dry-run=server -o yaml', { stdin: json(user()) }),
        kubectl('create -f - --dry-run=client -o yaml', { stdin: json(user()) }),
        kubectl('get user <n>'),
      ],
    },
    {
      name: 'a generated name',
      steps: [kubectl('create -f -', { stdin: json(user('', {}, { name: undefined, generateName: '<n>-gen-' })) })],
    },
    {
      name: 'saves its configuration',
      steps: [kubectl('create -f - --save-config', { stdin: json(user()) }), kubectl('get user <n> -o yaml')],
    },
    { name: 'raw', steps: [kubectl('create --raw /apis/drover.dev/v1/users -f -', { stdin: json(user()) })] },
    {
      name: 'bad ones, unchecked',
      steps: [
        kubectl('create --validate=false -f -', { stdin: json(user('<n>', { disabled: 'x' })) }),
        kubectl('create --validate=false -f -', { stdin: json(user('A_B')) }),
        kubectl('create --validate=false -f -', { stdin: json(user('<n>', {}, { labels: { 'a b': 'c' } })) }),
        kubectl('create --validate=false -f -', { stdin: json(user('<n>', { colour: 'red' })) }),
      ],
    },
    {
      name: 'bad ones',
      steps: [
        kubectl('create -f -', { stdin: json(user('<n>', { colour: 'red' })) }),
        kubectl('create -f -', { stdin: json(user('<n>', { disabled: 'x' })) }),
        kubectl('create -f -', { stdin: json({ ...user(), kind: 'Nothing' }) }),
        kubectl('create -f -', { stdin: '{' }),
      ],
    },
    {
      name: 'replace',
      steps: [
        make(user('<n>', { displayName: 'a' })),
        kubectl('replace -f -', { stdin: json(user('<n>', { displayName: 'b' })) }),
        kubectl('get user <n> -o yaml'),
        kubectl('replace -f -', { stdin: json(user('<n>', {}, { resourceVersion: '1' })) }),
        kubectl('replace -f -', { stdin: json(user('<n>-none')) }),
        kubectl('replace --force -f -', { stdin: json(user('<n>', { displayName: 'c' })) }),
      ],
    },
  ],
};

export const kubectlApply: Topic = {
  name: 'kubectl apply',
  cases: [
    {
      name: 'makes, leaves and changes',
      steps: [
        applyOf(user('<n>', { displayName: 'a' })),
        applyOf(user('<n>', { displayName: 'a' })),
        applyOf(user('<n>', { displayName: 'b', groups: ['x'] })),
        kubectl('get user <n> -o yaml'),
      ],
    },
    {
      name: 'takes out',
      steps: [
        applyOf(user('<n>', { displayName: 'a', groups: ['x'] }, { labels: { a: 'b' } })),
        applyOf(user('<n>', { displayName: 'a' })),
        kubectl('get user <n> -o yaml'),
      ],
    },
    {
      name: 'several',
      steps: [
        applyOf(user('<n>-1'), user('<n>-2'), cluster('<n>-3')),
        applyOf(user('<n>-1'), user('<n>-2', { disabled: true }), cluster('<n>-3')),
      ],
    },
    {
      name: 'over what was created',
      steps: [make(user('<n>', { displayName: 'a' })), applyOf(user('<n>', { displayName: 'b' }))],
    },
    {
      name: 'dry',
      steps: [
        kubectl('apply --dry-run=server -f -', { stdin: json(user()) }),
        kubectl('apply --dry-run=client -f -', { stdin: json(user()) }),
        applyOf(user()),
        kubectl('apply --dry-run=server -f - -o yaml', { stdin: json(user('<n>', { displayName: 'x' })) }),
        kubectl('get user <n> -o yaml'),
      ],
    },
    {
      name: 'bad ones',
      steps: [
        applyOf(user('<n>', { disabled: 'x' })),
        applyOf(user('<n>', { colour: 'x' })),
        kubectl('apply --validate=false -f -', { stdin: json(user('<n>', { groups: 'x' })) }),
        kubectl('apply -f -', { stdin: json(user('', {}, { name: undefined, generateName: 'x-' })) }),
      ],
    },
    {
      name: 'shown and edited',
      steps: [
        applyOf(user('<n>', { displayName: 'a' })),
        kubectl('apply view-last-applied user <n>'),
        kubectl('apply set-last-applied -f -', { stdin: json(user('<n>', { displayName: 'z' })) }),
        kubectl('apply edit-last-applied user <n>', { editor: 's/displayName: z/displayName: y/' }),
        kubectl('get user <n> -o yaml'),
      ],
    },
    {
      name: 'prune',
      steps: [
        kubectl('apply --prune -l of=<n> --prune-allowlist=drover.dev/v1/User -f -', {
          stdin: json(user('<n>-1', {}, { labels: { of: '<n>' } })),
        }),
        kubectl('apply --prune -l of=<n> --prune-allowlist=drover.dev/v1/User -f -', {
          stdin: json(user('<n>-2', {}, { labels: { of: '<n>' } })),
        }),
      ],
    },
    {
      name: 'on the server',
      steps: [
        kubectl('apply --server-side -f -', { stdin: json(user('<n>', { displayName: 'a' })) }),
        kubectl('apply --server-side -f -', { stdin: json(user('<n>', { displayName: 'a' })) }),
        kubectl('apply --server-side --field-manager=other -f -', { stdin: json(user('<n>', { displayName: 'b' })) }),
        kubectl('apply --server-side --force-conflicts --field-manager=other -f -', {
          stdin: json(user('<n>', { displayName: 'b' })),
        }),
        kubectl('get user <n> -o yaml --show-managed-fields'),
        kubectl('apply --server-side --dry-run=server -f - -o yaml', { stdin: json(user('<n>', { groups: ['a'] })) }),
      ],
    },
    {
      name: 'from client to server',
      steps: [
        applyOf(user('<n>', { displayName: 'a' })),
        kubectl('apply --server-side -f -', { stdin: json(user('<n>', { displayName: 'b' })) }),
        kubectl('get user <n> -o yaml --show-managed-fields'),
      ],
    },
    {
      name: 'diff',
      steps: [
        kubectl('diff -f -', { stdin: json(user()) }),
        applyOf(user('<n>', { displayName: 'a' })),
        kubectl('diff -f -', { stdin: json(user('<n>', { displayName: 'a' })) }),
        kubectl('diff -f -', { stdin: json(user('<n>', { displayName: 'b' })) }),
        kubectl('diff --server-side -f -', { stdin: json(user('<n>', { groups: ['b'] })) }),
      ],
    },
  ],
};

export const kubectlChange: Topic = {
  name: 'kubectl edit patch label',
  cases: [
    {
      name: 'edit',
      steps: [
        make(user('<n>', { displayName: 'red' })),
        kubectl('edit user <n>', { editor: 's/red/blue/' }),
        kubectl('get user <n> -o yaml'),
        kubectl('edit user <n>', { editor: 's/nothing/x/' }),
        kubectl('edit user <n>-none', { editor: 's/a/b/' }),
        kubectl('edit user <n> -o json', { editor: 's/blue/green/' }),
        kubectl('edit user <n> --output-patch', { editor: 's/green/white/' }),
      ],
    },
    {
      name: 'patch',
      steps: [
        make(user('<n>', { displayName: 'a', groups: ['a'] })),
        kubectl('patch user <n> --type=merge -p {"spec":{"displayName":"b"}}'),
        kubectl('patch user <n> --type=merge -p {"spec":{"displayName":"b"}}'),
        kubectl('patch user <n> --type=json -p [{"op":"add","path":"/spec/groups/-","value":"c"}]'),
        kubectl('patch user <n> -p {"spec":{}}'),
        kubectl('patch user <n> --type=json -p [{"op":"remove","path":"/nothing"}]'),
        kubectl('patch user <n> --type=merge -p {'),
        kubectl('patch user <n>-none --type=merge -p {}'),
        kubectl('patch user <n> --type=merge -p {"spec":{"disabled":"x"}}'),
        kubectl('patch user <n> --type=merge -p {"spec":{"disabled":true}} --dry-run=server -o yaml'),
        kubectl('get user <n> -o yaml'),
      ],
    },
    {
      name: 'patch a status',
      steps: [
        make(cluster()),
        kubectl('patch cluster <n> --subresource=status --type=merge -p {"status":{"agentVersion":"1"}}'),
        kubectl('get cluster <n> -o yaml'),
      ],
    },
    {
      name: 'label',
      steps: [
        make(user()),
        kubectl('label user <n> a=b'),
        kubectl('label user <n> a=c'),
        kubectl('label user <n> a=c --overwrite'),
        kubectl('label user <n> a-'),
        kubectl('label user <n> zz-'),
        kubectl("label user <n> 'a b=c'"),
        kubectl('label user <n> a=-'),
        kubectl('label user <n> x=y --resource-version=1'),
        kubectl('label user <n> --list'),
        kubectl('label user <n>-none a=b'),
      ],
    },
    {
      name: 'annotate',
      steps: [
        make(user()),
        kubectl("annotate user <n> 'a=some words'"),
        kubectl('annotate user <n> a=c'),
        kubectl('annotate user <n> a=c --overwrite'),
        kubectl('annotate user <n> a-'),
        kubectl('annotate user <n> --list'),
      ],
    },
    { name: 'label several', steps: [three, kubectl('label users -l of=<n> new=yes'), show('--show-labels')] },
  ],
};

export const kubectlDelete: Topic = {
  name: 'kubectl delete wait',
  cases: [
    {
      name: 'delete',
      steps: [
        make(user()),
        kubectl('delete user <n> --dry-run=server'),
        kubectl('delete user <n>'),
        kubectl('delete user <n>'),
        kubectl('delete user <n> --ignore-not-found'),
      ],
    },
    {
      name: 'several',
      steps: [
        three,
        kubectl('delete users -l of=<n>,rank=1'),
        kubectl('delete user/<n>-b user/<n>-c -o name'),
        kubectl('delete users -l of=<n>'),
      ],
    },
    { name: 'by file', steps: [make(user()), kubectl('delete -f -', { stdin: json(user()) })] },
    {
      name: 'cascade',
      steps: [
        make(user('<n>-1'), user('<n>-2'), user('<n>-3')),
        kubectl('delete user <n>-1 --cascade=background'),
        kubectl('delete user <n>-2 --cascade=foreground'),
        kubectl('delete user <n>-3 --cascade=orphan'),
      ],
    },
    {
      name: 'at once',
      steps: [
        make(user()),
        kubectl('delete user <n> --now'),
        make(user()),
        kubectl('delete user <n> --force --grace-period=0'),
      ],
    },
    {
      name: 'with finalizers',
      steps: [
        make(user('<n>', {}, { finalizers: ['a.dev/b'] })),
        kubectl('delete user <n> --wait=false'),
        kubectl('get user <n> -o yaml'),
        kubectl('delete user <n> --timeout=1s'),
        kubectl('patch user <n> --type=merge -p {"metadata":{"finalizers":null}}'),
        kubectl('get user <n>'),
      ],
    },
    {
      name: 'wait for a condition',
      steps: [
        make(cluster()),
        kubectl('wait cluster/<n> --for=condition=Ready --timeout=1s'),
        kubectl(
          'patch cluster <n> --subresource=status --type=merge -p {"status":{"conditions":[{"type":"Ready","status":"True","reason":"A","message":"b","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}',
        ),
        kubectl('wait cluster/<n> --for=condition=Ready --timeout=5s'),
        kubectl('wait cluster/<n> --for=condition=Ready=False --timeout=1s'),
      ],
    },
    {
      name: 'wait for a field',
      steps: [
        make(user('<n>', { displayName: 'a' })),
        kubectl("wait user/<n> --for=jsonpath='{.spec.displayName}'=a --timeout=5s"),
        kubectl("wait user/<n> --for=jsonpath='{.spec.displayName}'=b --timeout=1s"),
      ],
    },
    {
      name: 'wait for a deletion',
      steps: [
        make(user()),
        kubectl('wait user/<n> --for=delete --timeout=1s'),
        kubectl('delete user <n>'),
        kubectl('wait user/<n> --for=delete --timeout=5s'),
        kubectl('wait user/<n> --for=condition=x --timeout=1s'),
      ],
    },
  ],
};

export const kubectlDiscovery: Topic = {
  name: 'kubectl discovery',
  cases: [
    {
      name: 'api-resources',
      steps: [
        kubectl('api-resources --api-group=drover.dev'),
        kubectl('api-resources --api-group=drover.dev -o wide'),
        kubectl('api-resources --api-group=drover.dev -o name'),
        kubectl('api-resources --api-group=drover.dev --namespaced=false --verbs=list,patch -o name'),
        kubectl('api-resources --api-group=nothing'),
      ],
    },
    {
      name: 'explain',
      steps: [
        'users',
        'user.spec',
        'user.spec.groups',
        'users --recursive',
        'clusters',
        'clusters.status.conditions',
        'clusters --recursive',
        'user.nothing',
        'nothings',
        'users.metadata.labels',
        'users --api-version=drover.dev/v1',
        'users --api-version=drover.dev/v9',
      ].map(what => kubectl(`explain ${what}`)),
    },
    {
      name: 'errors of its own',
      steps: [
        kubectl('get'),
        kubectl('scale user x --replicas=1'),
        kubectl('logs user/x'),
        kubectl('rollout status user/x'),
        kubectl('expose user x --port=1'),
      ],
    },
  ],
};
