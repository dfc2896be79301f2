import {
  cluster,
  clusters,
  del,
  get,
  jsonPatch,
  merge,
  partialList,
  post,
  put,
  type Step,
  setting,
  settings,
  type Topic,
  table,
  user,
  users,
} from '../case.ts';

const raw = (body: string, type = 'application/json'): Step => ({
  method: 'POST',
  path: users(),
  headers: { 'content-type': type },
  body,
});
const made = post(users(), user('<n>', { displayName: 'one', groups: ['a', 'b'] }, { labels: { a: 'b' } }));

export const creating: Topic = {
  name: 'create',
  cases: [
    { name: 'a user', steps: [made] },
    { name: 'twice', steps: [made, made] },
    { name: 'a generated name', steps: [post(users(), user('', {}, { name: undefined, generateName: '<n>-gen-' }))] },
    { name: 'a name and a prefix', steps: [post(users(), user('<n>', {}, { generateName: '<n>-gen-' }))] },
    { name: 'no name', steps: [post(users(), user('', {}, { name: undefined }))] },
    { name: 'an empty name', steps: [post(users(), user(''))] },
    { name: 'no metadata', steps: [post(users(), { apiVersion: 'drover.dev/v1', kind: 'User', spec: {} })] },
    { name: 'metadata null', steps: [post(users(), { apiVersion: 'drover.dev/v1', kind: 'User', metadata: null })] },
    {
      name: 'metadata of a wrong type',
      steps: [post(users(), { apiVersion: 'drover.dev/v1', kind: 'User', metadata: 'x' })],
    },
    { name: 'no kind', steps: [post(users(), { apiVersion: 'drover.dev/v1', metadata: { name: '<n>' } })] },
    { name: 'no apiVersion', steps: [post(users(), { kind: 'User', metadata: { name: '<n>' } })] },
    { name: 'neither', steps: [post(users(), { metadata: { name: '<n>' } })] },
    { name: 'another kind', steps: [post(users(), { ...user(), kind: 'Cluster' })] },
    { name: 'another version', steps: [post(users(), { ...user(), apiVersion: 'drover.dev/v2' })] },
    { name: 'another group', steps: [post(users(), { ...user(), apiVersion: 'apps/v1' })] },
    { name: 'kind of a wrong type', steps: [post(users(), { ...user(), kind: 5 })] },
    { name: 'a resourceVersion', steps: [post(users(), user('<n>', {}, { resourceVersion: '5' }))] },
    { name: 'a uid of its own', steps: [post(users(), user('<n>', {}, { uid: 'abc' }))] },
    {
      name: 'times of its own',
      steps: [
        post(
          users(),
          user(
            '<n>',
            {},
            { creationTimestamp: '2001-01-01T00:00:00Z', generation: 7, deletionTimestamp: '2001-01-01T00:00:00Z' },
          ),
        ),
      ],
    },
    { name: 'creationTimestamp null', steps: [post(users(), user('<n>', {}, { creationTimestamp: null }))] },
    { name: 'selfLink and a cluster name', steps: [post(users(), user('<n>', {}, { selfLink: '/x' }))] },
    { name: 'an unknown field', steps: [post(users(), user('<n>', { colour: 'red' })), get(users('/<n>'))] },
    { name: 'an unknown field at the top', steps: [post(users(), { ...user(), extra: 1 }), get(users('/<n>'))] },
    { name: 'a wrong type', steps: [post(users(), user('<n>', { disabled: 'yes' }))] },
    { name: 'several wrong types', steps: [post(users(), user('<n>', { disabled: 1, displayName: 5, groups: 'a' }))] },
    { name: 'a wrong item', steps: [post(users(), user('<n>', { groups: ['a', 5] }))] },
    { name: 'too long', steps: [post(users(), user('<n>', { displayName: 'x'.repeat(254) }))] },
    {
      name: 'too long by characters of two units',
      steps: [post(users(), user('<n>', { displayName: '\u{1F600}'.repeat(130) }))],
    },
    {
      name: 'too many items',
      steps: [post(users(), user('<n>', { groups: Array.from({ length: 513 }, (_, i) => `g${i}`) }))],
    },
    { name: 'null in place of a value', steps: [post(users(), user('<n>', { displayName: null }))] },
    { name: 'spec null', steps: [post(users(), { ...user(), spec: null })] },
    { name: 'spec of a wrong type', steps: [post(users(), { ...user(), spec: 'x' })] },
    { name: 'spec a list', steps: [post(users(), { ...user(), spec: [] })] },
    {
      name: 'no spec',
      steps: [post(users(), { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name: '<n>' } })],
    },
    {
      name: 'with a status that is left out',
      steps: [post(clusters(), { ...cluster(), status: { connected: true } })],
    },
    { name: 'in a namespace', steps: [post(users(), user('<n>', {}, { namespace: 'x' }))] },
    { name: 'at a name', steps: [{ ...post(users('/<n>'), user()) }] },
    { name: 'an empty body', steps: [raw('')] },
    { name: 'no JSON', steps: [raw('{')] },
    { name: 'a list', steps: [raw('[]')] },
    { name: 'a string', steps: [raw('"x"')] },
    { name: 'null', steps: [raw('null')] },
    { name: 'a number', steps: [raw('5')] },
    {
      name: 'something after the object',
      steps: [raw('{"apiVersion":"drover.dev/v1","kind":"User","metadata":{"name":"<n>"}} x')],
    },
    {
      name: 'YAML',
      steps: [
        raw(
          'apiVersion: drover.dev/v1\nkind: User\nmetadata:\n  name: <n>\nspec:\n  groups: [a]\n',
          'application/yaml',
        ),
      ],
    },
    { name: 'bad YAML', steps: [raw('a: [', 'application/yaml')] },
    {
      name: 'YAML that says it is JSON',
      steps: [raw('apiVersion: drover.dev/v1\nkind: User\nmetadata:\n  name: <n>\n')],
    },
    {
      name: 'JSON that says it is YAML',
      steps: [raw('{"apiVersion":"drover.dev/v1","kind":"User","metadata":{"name":"<n>"}}', 'application/yaml')],
    },
    { name: 'another media type', steps: [raw('x', 'text/plain')] },
    { name: 'XML', steps: [raw('<a/>', 'application/xml')] },
    {
      name: 'a media type with a charset',
      steps: [{ ...post(users(), user()), headers: { 'content-type': 'application/json; charset=utf-8' } }],
    },
    { name: 'no media type', steps: [{ method: 'POST', path: users(), body: user() }] },
    {
      name: 'a key twice',
      steps: [
        raw(
          '{"apiVersion":"drover.dev/v1","kind":"User","metadata":{"name":"<n>"},"spec":{"displayName":"a","displayName":"b"}}',
        ),
      ],
    },
    {
      name: 'a number too large',
      steps: [raw('{"apiVersion":"drover.dev/v1","kind":"User","metadata":{"name":"<n>","generation":1e400}}')],
    },
    {
      name: 'a fraction for a whole number',
      steps: [raw('{"apiVersion":"drover.dev/v1","kind":"User","metadata":{"name":"<n>","generation":1.5}}')],
    },
    {
      name: 'text with escapes',
      steps: [post(users(), user('<n>', { displayName: 'a"\\\u0000\u2028é<>&' })), get(users('/<n>'))],
    },
    { name: 'a field manager', steps: [post(users('?fieldManager=me'), user())] },
    { name: 'a field manager too long', steps: [post(users(`?fieldManager=${'x'.repeat(129)}`), user())] },
    { name: 'a field manager that cannot be printed', steps: [post(users('?fieldManager=a%0Ab'), user())] },
  ],
};

const names = [
  'A',
  'a_b',
  '-a',
  'a-',
  'a..b',
  '.a',
  'a.',
  'a b',
  'ä',
  '.',
  '..',
  'a/b',
  'a%b',
  'x'.repeat(254),
  'a.-b',
  'a.b-c.d',
  '0',
  'constructor',
  '__proto__',
];
const labelKeys = [
  '',
  'a b',
  '-a',
  'a-',
  'a/',
  '/a',
  'a/b/c',
  'A_B/c',
  'x'.repeat(64),
  `${'x'.repeat(254)}/a`,
  'ä',
  '__proto__',
  'constructor',
];
const labelValues = ['a b', '-a', 'a-', 'ä', 'x'.repeat(64), 'a/b', '.', ''];

export const metadata: Topic = {
  name: 'metadata',
  cases: [
    ...names.map((name, index) => ({ name: `name ${index}`, steps: [post(users('?dryRun=All'), user(name))] })),
    ...labelKeys.map((key, index) => ({
      name: `label key ${index}`,
      steps: [post(users('?dryRun=All'), user('<n>', {}, { labels: Object.fromEntries([[key, 'x']]) }))],
    })),
    ...labelValues.map((value, index) => ({
      name: `label value ${index}`,
      steps: [post(users('?dryRun=All'), user('<n>', {}, { labels: { a: value } }))],
    })),
    ...labelKeys.map((key, index) => ({
      name: `annotation key ${index}`,
      steps: [post(users('?dryRun=All'), user('<n>', {}, { annotations: Object.fromEntries([[key, 'x']]) }))],
    })),
    { name: 'labels of a wrong type', steps: [post(users(), user('<n>', {}, { labels: [] }))] },
    { name: 'a label that is a number', steps: [post(users(), user('<n>', {}, { labels: { a: 1 } }))] },
    { name: 'a label that is true', steps: [post(users(), user('<n>', {}, { labels: { a: true } }))] },
    { name: 'an annotation that is an object', steps: [post(users(), user('<n>', {}, { annotations: { a: {} } }))] },
    { name: 'all null', steps: [post(users(), user('<n>', {}, { labels: null }))] },
    {
      name: 'a bad label and a bad value',
      steps: [post(users(), user('<n>', { groups: 'x' }, { labels: { 'a b': 'c' } }))],
    },
    { name: 'a bad name and a bad value', steps: [post(users(), user('<n>_', { groups: 'x' }))] },
    { name: 'a bad status', steps: [post(clusters(), { ...cluster(), status: { connected: 'x' } })] },
    { name: 'an annotation null', steps: [post(users(), user('<n>', {}, { annotations: { a: null } }))] },
    {
      name: 'labels null',
      steps: [post(users(), user('<n>', {}, { labels: null, annotations: null, finalizers: null }))],
    },
    { name: 'a label null', steps: [post(users(), user('<n>', {}, { labels: { a: null } }))] },
    { name: 'no labels', steps: [post(users(), user('<n>', {}, { labels: {} }))] },
    {
      name: 'annotations too large',
      steps: [post(users(), user('<n>', {}, { annotations: { a: 'x'.repeat(256 * 1024) } }))],
    },
    { name: 'a name of a wrong type', steps: [post(users(), user('<n>', {}, { name: 5 }))] },
    { name: 'unknown metadata', steps: [post(users(), user('<n>', {}, { colour: 'red' }))] },
    {
      name: 'several wrong things',
      steps: [post(users(), user('A', {}, { labels: { 'a b': 'c d' }, annotations: { '-': 'x' } }))],
    },
    { name: 'a bad time', steps: [post(users(), user('<n>', {}, { creationTimestamp: 'yesterday' }))] },
    {
      name: 'a bad prefix',
      steps: [post(users('?dryRun=All'), user('', {}, { name: undefined, generateName: 'A_' }))],
    },
    {
      name: 'a long prefix',
      steps: [post(users('?dryRun=All'), user('', {}, { name: undefined, generateName: `${'x'.repeat(300)}-gen-` }))],
    },
  ],
};

export const updating: Topic = {
  name: 'update',
  cases: [
    {
      name: 'a user',
      steps: [
        made,
        put(users('/<n>'), user('<n>', { displayName: 'two' }, { resourceVersion: '<rv>' })),
        get(users('/<n>')),
      ],
    },
    {
      name: 'nothing changes',
      steps: [
        made,
        put(
          users('/<n>'),
          user('<n>', { displayName: 'one', groups: ['a', 'b'] }, { labels: { a: 'b' }, resourceVersion: '<rv>' }),
        ),
      ],
    },
    {
      name: 'a stale revision',
      steps: [
        made,
        merge(users('/<n>'), { spec: { displayName: 'two' } }),
        put(users('/<n>'), user('<n>', { displayName: 'three' }, { resourceVersion: '<rv0>' })),
      ],
    },
    { name: 'no revision', steps: [made, put(users('/<n>'), user('<n>', { displayName: 'two' }))] },
    {
      name: 'a revision that is no number',
      steps: [made, put(users('/<n>'), user('<n>', {}, { resourceVersion: 'abc' }))],
    },
    { name: 'a revision of a wrong type', steps: [made, put(users('/<n>'), user('<n>', {}, { resourceVersion: 5 }))] },
    { name: 'none there', steps: [put(users('/<n>'), user('<n>', {}, { resourceVersion: '1' }))] },
    { name: 'none there, no revision', steps: [put(users('/<n>'), user('<n>'))] },
    { name: 'another name', steps: [made, put(users('/<n>'), user('<n>-other', {}, { resourceVersion: '<rv>' }))] },
    { name: 'no name', steps: [made, put(users('/<n>'), user('', {}, { name: undefined, resourceVersion: '<rv>' }))] },
    {
      name: 'another uid',
      steps: [made, put(users('/<n>'), user('<n>', {}, { uid: 'abc', resourceVersion: '<rv>' }))],
    },
    { name: 'its uid', steps: [made, put(users('/<n>'), user('<n>', {}, { uid: '<uid>', resourceVersion: '<rv>' }))] },
    {
      name: 'another creation time',
      steps: [
        made,
        put(users('/<n>'), user('<n>', {}, { creationTimestamp: '2001-01-01T00:00:00Z', resourceVersion: '<rv>' })),
      ],
    },
    {
      name: 'another generation',
      steps: [made, put(users('/<n>'), user('<n>', {}, { generation: 44, resourceVersion: '<rv>' }))],
    },
    {
      name: 'labels only leave the generation',
      steps: [
        made,
        put(
          users('/<n>'),
          user('<n>', { displayName: 'one', groups: ['a', 'b'] }, { labels: { z: 'y' }, resourceVersion: '<rv>' }),
        ),
      ],
    },
    {
      name: 'a deletion time',
      steps: [
        made,
        put(users('/<n>'), user('<n>', {}, { deletionTimestamp: '2001-01-01T00:00:00Z', resourceVersion: '<rv>' })),
      ],
    },
    {
      name: 'a bad value',
      steps: [made, put(users('/<n>'), user('<n>', { disabled: 'x' }, { resourceVersion: '<rv>' }))],
    },
    {
      name: 'a bad label',
      steps: [made, put(users('/<n>'), user('<n>', {}, { labels: { 'a b': '' }, resourceVersion: '<rv>' }))],
    },
    {
      name: 'an unknown field',
      steps: [made, put(users('/<n>'), user('<n>', { colour: 1 }, { resourceVersion: '<rv>' }))],
    },
    { name: 'another kind', steps: [made, put(users('/<n>'), { ...user('<n>'), kind: 'Cluster' })] },
    { name: 'no body', steps: [made, put(users('/<n>'), undefined)] },
    { name: 'a collection', steps: [put(users(), user())] },
    {
      name: 'spec taken out',
      steps: [
        made,
        put(users('/<n>'), {
          apiVersion: 'drover.dev/v1',
          kind: 'User',
          metadata: { name: '<n>', resourceVersion: '<rv>' },
        }),
      ],
    },
    {
      name: 'status through the object',
      steps: [
        post(clusters(), cluster()),
        put(clusters('/<n>'), {
          ...cluster('<n>', { displayName: 'x' }, { resourceVersion: '<rv>' }),
          status: { connected: true },
        }),
        get(clusters('/<n>')),
      ],
    },
    {
      name: 'the object through status',
      steps: [
        post(clusters(), cluster('<n>', { displayName: 'a' })),
        put(clusters('/<n>/status'), {
          ...cluster('<n>', { displayName: 'b' }, { resourceVersion: '<rv>', labels: { a: 'b' } }),
          status: { agentVersion: '1' },
        }),
        get(clusters('/<n>')),
      ],
    },
    {
      name: 'a bad status',
      steps: [
        post(clusters(), cluster()),
        put(clusters('/<n>/status'), {
          ...cluster('<n>', {}, { resourceVersion: '<rv>' }),
          status: { connected: 'x', agentKeys: ['bad'] },
        }),
      ],
    },
    {
      name: 'a bad object through status',
      steps: [
        post(clusters(), cluster()),
        put(clusters('/<n>/status'), {
          ...cluster('<n>', { displayName: 5 }, { resourceVersion: '<rv>', labels: { 'a b': 'c' } }),
          status: { connected: true },
        }),
      ],
    },
    {
      name: 'a bad status through the object',
      steps: [
        post(clusters(), cluster()),
        put(clusters('/<n>'), {
          ...cluster('<n>', { displayName: 'x' }, { resourceVersion: '<rv>' }),
          status: { connected: 'x' },
        }),
      ],
    },
    { name: 'a bad value and no revision', steps: [made, put(users('/<n>'), user('<n>', { groups: 'x' }))] },
    {
      name: 'a bad value and an old revision',
      steps: [made, put(users('/<n>'), user('<n>', { groups: 'x' }, { resourceVersion: '1' }))],
    },
    {
      name: 'a bad label and a bad value',
      steps: [
        made,
        put(users('/<n>'), user('<n>', { groups: 'x' }, { resourceVersion: '<rv>', labels: { 'a b': 'c' } })),
      ],
    },
    {
      name: 'a condition with a bad status',
      steps: [
        post(clusters(), cluster()),
        put(clusters('/<n>/status'), {
          ...cluster('<n>', {}, { resourceVersion: '<rv>' }),
          status: { conditions: [{ type: 'A', status: 'Maybe', lastTransitionTime: 'x' }] },
        }),
      ],
    },
    {
      name: 'a stale status',
      steps: [
        post(clusters(), cluster()),
        merge(clusters('/<n>'), { spec: { displayName: 'x' } }),
        put(clusters('/<n>/status'), {
          ...cluster('<n>', {}, { resourceVersion: '<rv0>' }),
          status: { agentVersion: '1' },
        }),
      ],
    },
    {
      name: 'a status where there is none',
      steps: [post(settings(), setting()), put(settings('/<n>/status'), setting('<n>', { resourceVersion: '<rv>' }))],
    },
  ],
};

const patched = (name: string, body: unknown, kind = merge): { name: string; steps: Step[] } => ({
  name,
  steps: [made, kind(users('/<n>'), body), get(users('/<n>'))],
});

export const patching: Topic = {
  name: 'patch',
  cases: [
    patched('a merge', { spec: { displayName: 'two' } }),
    patched('a merge that takes out', { spec: { groups: null } }),
    patched('a merge that replaces a list', { spec: { groups: ['c'] } }),
    patched('a merge that changes nothing', { spec: { displayName: 'one' } }),
    patched('an empty merge', {}),
    patched('a merge of labels', { metadata: { labels: { a: null, c: 'd' } } }),
    patched('a merge of all labels', { metadata: { labels: null } }),
    patched('a merge with a stale revision', { metadata: { resourceVersion: '1' }, spec: { displayName: 'x' } }),
    patched('a merge with its revision', { metadata: { resourceVersion: '<rv>' }, spec: { displayName: 'x' } }),
    patched('a merge of another name', { metadata: { name: 'other' } }),
    patched('a merge of another uid', { metadata: { uid: 'x' } }),
    patched('a merge without a name', { metadata: { name: null } }),
    patched('a merge of all metadata', { metadata: null }),
    patched('a merge of the kind', { kind: 'Cluster' }),
    patched('a merge of the version', { apiVersion: 'drover.dev/v2' }),
    patched('a merge with a bad value', { spec: { disabled: 'x' } }),
    patched('a merge with an unknown field', { spec: { colour: 'red' } }),
    patched('a merge that is a list', []),
    patched('a merge that is text', 'x'),
    patched('a merge that is a number', '5'),
    patched('a merge that is null', 'null'),
    patched('a merge that is no JSON', '{'),
    patched('a merge with no body', ''),
    patched('spec of a wrong type', { spec: 5 }),
    patched('a generation', { metadata: { generation: 99 } }),
    patched('a creation time', { metadata: { creationTimestamp: null } }),
    patched('managed fields taken away', { metadata: { managedFields: [{}] } }),
    patched('replace', [{ op: 'replace', path: '/spec/displayName', value: 'two' }], jsonPatch),
    patched('add to a list', [{ op: 'add', path: '/spec/groups/-', value: 'c' }], jsonPatch),
    patched('insert in a list', [{ op: 'add', path: '/spec/groups/0', value: 'c' }], jsonPatch),
    patched('remove', [{ op: 'remove', path: '/spec/groups/0' }], jsonPatch),
    patched('move', [{ op: 'move', from: '/spec/groups/0', path: '/spec/groups/1' }], jsonPatch),
    patched('copy', [{ op: 'copy', from: '/spec/groups/0', path: '/spec/groups/-' }], jsonPatch),
    patched('test that holds', [{ op: 'test', path: '/spec/displayName', value: 'one' }], jsonPatch),
    patched(
      'test that fails',
      [
        { op: 'test', path: '/spec/displayName', value: 'x' },
        { op: 'remove', path: '/spec' },
      ],
      jsonPatch,
    ),
    patched(
      'an escaped path',
      [
        { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'x' } },
        { op: 'replace', path: '/metadata/annotations/a~1b', value: 'y' },
      ],
      jsonPatch,
    ),
    patched('remove what is not there', [{ op: 'remove', path: '/spec/nothing' }], jsonPatch),
    patched('replace what is not there', [{ op: 'replace', path: '/spec/disabled', value: true }], jsonPatch),
    patched('add below what is not there', [{ op: 'add', path: '/spec/a/b', value: 1 }], jsonPatch),
    patched('an index out of range', [{ op: 'add', path: '/spec/groups/9', value: 'x' }], jsonPatch),
    patched('an index below zero', [{ op: 'remove', path: '/spec/groups/-1' }], jsonPatch),
    patched('an unknown operation', [{ op: 'grow', path: '/spec' }], jsonPatch),
    patched('no operation', [{ path: '/spec' }], jsonPatch),
    patched('no path', [{ op: 'remove' }], jsonPatch),
    patched('a path without a slash', [{ op: 'remove', path: 'spec' }], jsonPatch),
    patched('no value', [{ op: 'add', path: '/spec/displayName' }], jsonPatch),
    patched('operations in an object', { op: 'remove', path: '/spec' }, jsonPatch),
    patched('no operations', [], jsonPatch),
    patched('operations that are no JSON', '[', jsonPatch),
    patched('a bad result', [{ op: 'replace', path: '/spec/groups', value: 'x' }], jsonPatch),
    patched('the whole document', [{ op: 'replace', path: '', value: {} }], jsonPatch),
    patched(
      'too many operations',
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'User' })),
      jsonPatch,
    ),
    patched('a prototype', [{ op: 'add', path: '/__proto__/x', value: 1 }], jsonPatch),
    {
      name: 'strategic',
      steps: [
        made,
        {
          method: 'PATCH',
          path: users('/<n>'),
          headers: { 'content-type': 'application/strategic-merge-patch+json' },
          body: {},
        },
      ],
    },
    {
      name: 'of plain JSON',
      steps: [
        made,
        { method: 'PATCH', path: users('/<n>'), headers: { 'content-type': 'application/json' }, body: {} },
      ],
    },
    { name: 'of no type', steps: [made, { method: 'PATCH', path: users('/<n>'), body: {} }] },
    { name: 'none there', steps: [merge(users('/<n>'), { spec: {} }), jsonPatch(users('/<n>'), [])] },
    { name: 'a collection', steps: [merge(users(), { spec: {} })] },
    { name: 'with force, which is apply’s', steps: [made, merge(users('/<n>?force=true'), { spec: {} })] },
    {
      name: 'status',
      steps: [
        post(clusters(), cluster()),
        merge(clusters('/<n>/status'), { spec: { displayName: 'x' }, status: { agentVersion: '1' } }),
        get(clusters('/<n>')),
      ],
    },
    {
      name: 'status by operations',
      steps: [
        post(clusters(), cluster()),
        jsonPatch(clusters('/<n>/status'), [{ op: 'add', path: '/status', value: { connected: true } }]),
        get(clusters('/<n>')),
      ],
    },
    {
      name: 'status through the object',
      steps: [
        post(clusters(), cluster()),
        merge(clusters('/<n>'), { status: { agentVersion: '1' } }),
        get(clusters('/<n>')),
      ],
    },
  ],
};

export const deleting: Topic = {
  name: 'delete',
  cases: [
    { name: 'a user', steps: [made, del(users('/<n>')), get(users('/<n>'))] },
    { name: 'none', steps: [del(users('/<n>'))] },
    { name: 'twice', steps: [made, del(users('/<n>')), del(users('/<n>'))] },
    {
      name: 'with its uid',
      steps: [made, del(users('/<n>'), { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: '<uid>' } })],
    },
    {
      name: 'with another uid',
      steps: [made, del(users('/<n>'), { preconditions: { uid: 'abc' } }), get(users('/<n>'))],
    },
    { name: 'with another revision', steps: [made, del(users('/<n>'), { preconditions: { resourceVersion: '1' } })] },
    { name: 'with its revision', steps: [made, del(users('/<n>'), { preconditions: { resourceVersion: '<rv>' } })] },
    { name: 'options of another kind', steps: [made, del(users('/<n>'), { apiVersion: 'v1', kind: 'Pod' })] },
    {
      name: 'options of meta.k8s.io',
      steps: [made, del(users('/<n>'), { apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions' })],
    },
    {
      name: 'options of the group',
      steps: [made, del(users('/<n>'), { apiVersion: 'drover.dev/v1', kind: 'DeleteOptions' })],
    },
    { name: 'bad options', steps: [made, del(users('/<n>'), '{')] },
    { name: 'options of a wrong type', steps: [made, del(users('/<n>'), { gracePeriodSeconds: 'x' })] },
    { name: 'a list for options', steps: [made, del(users('/<n>'), [])] },
    { name: 'unknown options', steps: [made, del(users('/<n>'), { colour: 'red' })] },
    { name: 'a grace period', steps: [made, del(users('/<n>'), { gracePeriodSeconds: 0 })] },
    { name: 'a grace period below zero', steps: [made, del(users('/<n>'), { gracePeriodSeconds: -1 })] },
    { name: 'in the background', steps: [made, del(users('/<n>'), { propagationPolicy: 'Background' })] },
    { name: 'in the foreground', steps: [made, del(users('/<n>?propagationPolicy=Orphan'))] },
    { name: 'an unknown policy', steps: [made, del(users('/<n>'), { propagationPolicy: 'Sideways' })] },
    {
      name: 'orphans and a policy',
      steps: [made, del(users('/<n>'), { propagationPolicy: 'Background', orphanDependents: true })],
    },
    { name: 'dry', steps: [made, del(users('/<n>'), { dryRun: ['All'] }), get(users('/<n>'))] },
    { name: 'dry by the query', steps: [made, del(users('/<n>?dryRun=All')), get(users('/<n>'))] },
    { name: 'half dry', steps: [made, del(users('/<n>'), { dryRun: ['Some'] })] },
    { name: 'a status', steps: [post(clusters(), cluster()), del(clusters('/<n>/status'))] },
    {
      name: 'as a table',
      steps: [
        made,
        { ...del(users('/<n>')), headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' } },
      ],
    },
  ],
};

const labelled = (letter: string): Step => post(users(), user(`<n>-${letter}`, {}, { labels: { of: '<n>', letter } }));
const all = users('?labelSelector=of%3D<n>');

export const deletingMany: Topic = {
  name: 'deletecollection',
  cases: [
    {
      name: 'by a label',
      steps: [labelled('a'), labelled('b'), del(users('?labelSelector=of%3D<n>,letter%3Da')), get(all)],
    },
    {
      name: 'by a name',
      steps: [labelled('a'), labelled('b'), del(users('?fieldSelector=metadata.name%3D<n>-a')), get(all)],
    },
    { name: 'nothing', steps: [del(all)] },
    { name: 'as a table', steps: [labelled('a'), { ...del(all), headers: table }, get(all)] },
    { name: 'as metadata', steps: [labelled('a'), { ...del(all), headers: partialList }, get(all)] },
    {
      name: 'page by page',
      steps: [
        ...[labelled('a'), labelled('b'), labelled('c'), del(`${all}&limit=2`), get(all)],
        ...[del(`${all}&limit=2&continue=<continue>`), get(all)],
      ],
    },
    { name: 'a bad token', steps: [labelled('a'), del(`${all}&continue=abc`), get(all)] },
    { name: 'a bad match', steps: [labelled('a'), del(`${all}&resourceVersionMatch=Exact`), get(all)] },
    { name: 'dry', steps: [labelled('a'), del(`${all}&dryRun=All`), get(all)] },
    { name: 'a bad selector', steps: [del(users('?labelSelector=a%20b'))] },
    { name: 'bad options', steps: [labelled('a'), del(all, { propagationPolicy: 'x' }), get(all)] },
    {
      name: 'with finalizers',
      steps: [
        post(users(), user('<n>', {}, { finalizers: ['x.dev/y'], labels: { of: '<n>' } })),
        del(all),
        get(all),
        merge(users('/<n>'), { metadata: { finalizers: null } }),
        get(all),
      ],
    },
  ],
};

export const dry: Topic = {
  name: 'dryRun',
  cases: [
    { name: 'create', steps: [post(users('?dryRun=All'), user('<n>', { groups: ['a'] })), get(users('/<n>'))] },
    { name: 'create twice', steps: [made, post(users('?dryRun=All'), user())] },
    { name: 'create a bad one', steps: [post(users('?dryRun=All'), user('<n>', { disabled: 'x' }))] },
    {
      name: 'a generated name',
      steps: [post(users('?dryRun=All'), user('', {}, { name: undefined, generateName: '<n>-gen-' }))],
    },
    {
      name: 'update',
      steps: [
        made,
        put(users('/<n>?dryRun=All'), user('<n>', { displayName: 'two' }, { resourceVersion: '<rv>' })),
        get(users('/<n>')),
      ],
    },
    {
      name: 'update a stale one',
      steps: [made, put(users('/<n>?dryRun=All'), user('<n>', {}, { resourceVersion: '1' }))],
    },
    {
      name: 'patch',
      steps: [made, merge(users('/<n>?dryRun=All'), { spec: { displayName: 'two' } }), get(users('/<n>'))],
    },
    ...['None', 'all', '', 'All&dryRun=All', 'All&dryRun=x'].map(value => ({
      name: `value ${value}`,
      steps: [post(users(`?dryRun=${value}`), user()), get(users('/<n>'))],
    })),
  ],
};
