import {
  cluster,
  clusters,
  get,
  partial,
  partialList,
  post,
  setting,
  settings,
  type Topic,
  table,
  user,
  users,
} from '../case.ts';

/** Six users with labels of the case's own, so that lists are not mixed with those of other cases. */
const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter, index) =>
  post(
    users(),
    user(
      `<n>-${letter}`,
      {},
      {
        labels: { of: '<n>', colour: index % 2 === 0 ? 'red' : 'blue', ...(index === 5 ? { last: '' } : {}) },
      },
    ),
  ),
);
/** All of them, and one more requirement. */
const those = (more: string): string => users(`?labelSelector=of%3D<n>${encodeURIComponent(more)}`);

export const getting: Topic = {
  name: 'get',
  cases: [
    { name: 'a user', steps: [post(users(), user('<n>', { displayName: 'A', groups: ['a'] })), get(users('/<n>'))] },
    { name: 'a cluster', steps: [post(clusters(), cluster()), get(clusters('/<n>'))] },
    { name: 'none', steps: [get(users('/<n>'))] },
    { name: 'none, as a table', steps: [get(users('/<n>'), table)] },
    {
      name: 'with labels and annotations',
      steps: [
        post(
          users(),
          user('<n>', {}, { labels: { a: 'b', 'x.dev/y': '' }, annotations: { 'a/b': 'two\nlines', c: '' } }),
        ),
        get(users('/<n>')),
      ],
    },
    { name: 'pretty', steps: [post(users(), user()), get(users('/<n>?pretty=true'))] },
    { name: 'at revision 0', steps: [post(users(), user()), get(users('/<n>?resourceVersion=0'))] },
    { name: 'at its revision', steps: [post(users(), user()), get(users('/<n>?resourceVersion=<rv>'))] },
    { name: 'at a bad revision', steps: [post(users(), user()), get(users('/<n>?resourceVersion=abc'))] },
    { name: 'a trailing slash', steps: [post(users(), user()), get(users('/<n>/'))] },
    { name: 'a name in capitals', steps: [get(users('/ABC'))] },
    { name: 'a name with a percent sign', steps: [get(users('/a%25b'))] },
    { name: 'an unknown subresource', steps: [post(users(), user()), get(users('/<n>/scale'))] },
    { name: 'a status where there is none', steps: [post(settings(), setting()), get(settings('/<n>/status'))] },
    { name: 'the status', steps: [post(clusters(), cluster()), get(clusters('/<n>/status'))] },
    {
      name: 'as metadata',
      steps: [post(users(), user('<n>', {}, { labels: { a: 'b' } })), get(users('/<n>'), partial)],
    },
    { name: 'as a table', steps: [post(users(), user('<n>', { groups: ['a'] })), get(users('/<n>'), table)] },
    {
      name: 'as a table with whole objects',
      steps: [post(users(), user()), get(users('/<n>?includeObject=Object'), table)],
    },
    {
      name: 'as a table without objects',
      steps: [post(users(), user()), get(users('/<n>?includeObject=None'), table)],
    },
    {
      name: 'as a table with a bad includeObject',
      steps: [post(users(), user()), get(users('/<n>?includeObject=Bad'), table)],
    },
    { name: 'as YAML', steps: [get(users('/<n>'), { accept: 'application/yaml' })] },
    { name: 'a user as YAML', steps: [post(users(), user()), get(users('/<n>'), { accept: 'application/yaml' })] },
    { name: 'as XML', steps: [post(users(), user()), get(users('/<n>'), { accept: 'application/xml' })] },
    {
      name: 'protobuf or else JSON',
      steps: [
        post(users(), user()),
        get(users('/<n>'), { accept: 'application/vnd.kubernetes.protobuf,application/json' }),
      ],
    },
    {
      name: 'protobuf alone',
      steps: [post(users(), user()), get(users('/<n>'), { accept: 'application/vnd.kubernetes.protobuf' })],
    },
    {
      name: 'as a table of another version',
      steps: [post(users(), user()), get(users('/<n>'), { accept: 'application/json;as=Table;v=v2;g=meta.k8s.io' })],
    },
  ],
};

export const listing: Topic = {
  name: 'list',
  cases: [
    { name: 'by a label', steps: [...six, get(those(''))] },
    { name: 'nothing', steps: [get(those(''))] },
    { name: 'nothing, as a table', steps: [get(those(''), table)] },
    { name: 'equal', steps: [...six, get(those(',colour=red'))] },
    { name: 'doubly equal', steps: [...six, get(those(',colour==red'))] },
    { name: 'not equal', steps: [...six, get(those(',colour!=red'))] },
    { name: 'in', steps: [...six, get(those(',colour in (red,green)'))] },
    { name: 'notin', steps: [...six, get(those(',colour notin (red)'))] },
    { name: 'notin something that most lack', steps: [...six, get(those(',last notin (x)'))] },
    { name: 'exists', steps: [...six, get(those(',last'))] },
    { name: 'does not exist', steps: [...six, get(those(',!last'))] },
    { name: 'an empty value', steps: [...six, get(those(',last='))] },
    { name: 'in with an empty value', steps: [...six, get(those(',last in ()'))] },
    {
      name: 'greater than',
      steps: [
        post(users(), user('<n>-1', {}, { labels: { of: '<n>', size: '5' } })),
        post(users(), user('<n>-2', {}, { labels: { of: '<n>', size: '15' } })),
        get(those(',size>7')),
        get(those(',size<7')),
        get(those(',size>x')),
      ],
    },
    ...[
      'colour in',
      'colour in (',
      'colour in red',
      'colour=(',
      '=red',
      '!',
      'a=b=c',
      'a b',
      ',',
      'colour in (a b)',
      'Ünicode=1',
      'a=ü',
      `${'x'.repeat(64)}=1`,
      `a=${'x'.repeat(64)}`,
      'a/b/c=1',
      'a==',
      'x in (a,,b)',
      ' ',
      'a=-b',
      '/a=b',
      'a!b',
    ].map(selector => ({
      name: `bad selector ${selector.slice(0, 20)} ${selector.length}`,
      steps: [get(users(`?labelSelector=${encodeURIComponent(selector)}&fieldSelector=metadata.name%3D<n>`))],
    })),
    { name: 'by name', steps: [...six, get(users('?fieldSelector=metadata.name%3D<n>-b'))] },
    {
      name: 'by two field requirements',
      steps: [...six, get(users('?fieldSelector=metadata.name%3D<n>-b,metadata.name!%3D<n>-c'))],
    },
    { name: 'by another name', steps: [...six, get(`${those('')}&fieldSelector=metadata.name!%3D<n>-b`)] },
    { name: 'by a namespace that none has', steps: [...six, get(`${those('')}&fieldSelector=metadata.namespace%3Dx`)] },
    ...[
      'spec.displayName=a',
      'metadata.labels=a',
      'metadata.name',
      'metadata.name>a',
      '=',
      'metadata.name=a=b',
      'x',
      'metadata.name=a\\,b',
      ',',
    ].map(selector => ({
      name: `bad field selector ${selector}`,
      steps: [get(users(`?labelSelector=of%3D<n>&fieldSelector=${encodeURIComponent(selector)}`))],
    })),
    { name: 'as a table', steps: [...six, get(those(''), table)] },
    { name: 'as metadata', steps: [...six, get(those(''), partialList)] },
    { name: 'as the metadata of one, which a list is not', steps: [...six, get(those(''), partial)] },
    { name: 'at revision 0', steps: [...six, get(`${those('')}&resourceVersion=0`)] },
    {
      name: 'not older than',
      steps: [...six, get(`${those('')}&resourceVersion=<rv>&resourceVersionMatch=NotOlderThan`)],
    },
    { name: 'exactly at', steps: [...six, get(`${those('')}&resourceVersion=<rv>&resourceVersionMatch=Exact`)] },
    { name: 'a match without a revision', steps: [get(`${those('')}&resourceVersionMatch=Exact`)] },
    { name: 'an unknown match', steps: [get(`${those('')}&resourceVersion=1&resourceVersionMatch=Sometimes`)] },
    { name: 'exactly at 0', steps: [get(`${those('')}&resourceVersion=0&resourceVersionMatch=Exact`)] },
    { name: 'at a revision that is no number', steps: [get(`${those('')}&resourceVersion=abc`)] },
    { name: 'at a revision below zero', steps: [get(`${those('')}&resourceVersion=-1`)] },
    { name: 'a bad limit', steps: [get(`${those('')}&limit=many`)] },
    { name: 'unknown parameters', steps: [...six, get(`${those('')}&colour=red`)] },
    { name: 'a trailing slash', steps: [...six, get(`${users('/')}?labelSelector=of%3D<n>`)] },
  ],
};

const paged = (more = ''): string => `${those('')}&limit=2${more}`;

export const pages: Topic = {
  name: 'pagination',
  cases: [
    {
      name: 'three pages',
      steps: [...six, get(paged()), get(paged('&continue=<continue>')), get(paged('&continue=<continue>'))],
    },
    { name: 'pages as tables', steps: [...six, get(paged(), table), get(paged('&continue=<continue>'), table)] },
    { name: 'a page as large as the list', steps: [...six, get(`${those('')}&limit=6`)] },
    { name: 'no limit', steps: [...six, get(`${those('')}&limit=0`)] },
    { name: 'a limit below zero', steps: [...six, get(`${those('')}&limit=-1`)] },
    { name: 'at revision 0 the limit is not kept', steps: [...six, get(paged('&resourceVersion=0'))] },
    { name: 'a page of another size', steps: [...six, get(paged()), get(`${those('')}&limit=3&continue=<continue>`)] },
    { name: 'a page without a limit', steps: [...six, get(paged()), get(`${those('')}&continue=<continue>`)] },
    {
      name: 'a token with a revision',
      steps: [...six, get(paged()), get(paged('&continue=<continue>&resourceVersion=<rv>'))],
    },
    {
      name: 'pages see what was at the first one',
      steps: [
        ...six,
        get(paged()),
        post(users(), user('<n>-bb', {}, { labels: { of: '<n>' } })),
        get(paged('&continue=<continue>')),
      ],
    },
    ...[
      'abc',
      'e30',
      'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0',
      '%00',
      'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0',
    ].map(token => ({ name: `bad token ${token.slice(0, 8)}`, steps: [get(paged(`&continue=${token}`))] })),
  ],
};

export const tables: Topic = {
  name: 'tables',
  cases: [
    {
      name: 'clusters',
      steps: [
        post(clusters(), cluster('<n>', { displayName: 'x' }, { labels: { of: '<n>' } })),
        get(clusters('?labelSelector=of%3D<n>'), table),
        get(clusters('?labelSelector=of%3D<n>&includeObject=Object'), table),
        get(clusters('?labelSelector=of%3D<n>&includeObject=None'), table),
      ],
    },
    { name: 'a status after a table', steps: [get(users('/<n>'), table)] },
    {
      name: 'created as a table',
      steps: [{ ...post(users(), user()), headers: { 'content-type': 'application/json', ...table } }],
    },
  ],
};
