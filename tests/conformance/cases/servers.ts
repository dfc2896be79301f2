import { clusters, del, expecting, get, post, type RequestStep, type Topic, user, users } from '../case.ts';

const ask = (method: RequestStep['method'], path: string): RequestStep => ({ method, path });

/** The testbed’s administrator has a client certificate, so it is no measure here. */
const unauthorized = { status: 401, body: { kind: 'Status', code: 401, reason: 'Unauthorized' } };

export const errors: Topic = {
  name: 'errors',
  cases: [
    ...[
      '/apis/drover.dev/v1/nothing',
      '/apis/drover.dev/v1/nothing/x',
      '/apis/drover.dev/v2/users',
      '/apis/nothing.dev/v1/users',
      '/apis/nothing.dev',
      '/apis/drover.dev/v2',
      '/nothing',
      '/api/v2',
      '/api/v1/nothing',
      '/apis/',
      '/api/',
      '/apis//v1/users',
      '//apis',
      '/apis/drover.dev/v1/users/<n>/status/x',
      '/apis/drover.dev/v1/users/<n>/x/y',
      '/apis/drover.dev/v1/namespaces/x/users',
      '/apis/drover.dev/v1/namespaces/x/users/<n>',
      '/apis/drover.dev/v1/namespaces',
      '/apis/drover.dev/v1/Users',
      '/apis/drover.dev/v1/user',
      '/apis/drover.dev',
      '/apis/drover.dev/',
      '/apis/drover.dev/v1/',
      '/apis/drover.dev/v1//users',
      '/openapi',
      '/openapi/v4',
      '/version/',
      '/version/x',
      '/apis/drover.dev/v1/proxy/users/x',
    ].map(path => ({ name: `GET ${path}`, steps: [get(path)] })),
    ...(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'] as const).flatMap(method =>
      ['/apis', '/apis/drover.dev/v1', '/version', '/healthz'].map(path => ({
        name: `${method} ${path}`,
        steps: [ask(method, path)],
      })),
    ),
    ...(['OPTIONS', 'HEAD'] as const).map(method => ({
      name: `${method} of a user`,
      steps: [post(users(), user()), ask(method, users('/<n>'))],
    })),
    ...(['OPTIONS', 'HEAD'] as const).map(method => ({ name: `${method} of users`, steps: [ask(method, users())] })),
    { name: 'POST of a status', steps: [post(clusters('/<n>/status'), {})] },
    { name: 'nobody', steps: [expecting(get(users(), { authorization: 'Bearer nonsense' }), unauthorized)] },
    { name: 'another scheme', steps: [expecting(get(users(), { authorization: 'Digest x' }), unauthorized)] },
    {
      name: 'an object too large',
      steps: [post(users(), user('<n>', {}, { annotations: { a: 'x'.repeat(3_200_000) } }))],
    },
    {
      name: 'deeply nested',
      steps: [
        {
          ...post(
            users(),
            `{"apiVersion":"drover.dev/v1","kind":"User","metadata":{"name":"<n>"},"spec":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
          ),
        },
      ],
    },
    {
      name: 'deep lists',
      steps: [
        {
          ...post(
            users(),
            `{"apiVersion":"drover.dev/v1","kind":"User","metadata":{"name":"<n>"},"spec":{"groups":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
          ),
        },
      ],
    },
    { name: 'a bad percent sign', steps: [get(users('/%zz'))] },
    { name: 'a bad query', steps: [get(users('?labelSelector=%zz'))] },
    { name: 'a delete of everything nowhere', steps: [del('/apis/drover.dev/v1/nothing')] },
  ],
};

export const discovery: Topic = {
  name: 'discovery',
  cases: [
    { name: 'the group', steps: [get('/apis/drover.dev')] },
    { name: 'the resources', steps: [get('/apis/drover.dev/v1')] },
    { name: 'health', steps: [get('/healthz'), get('/livez'), get('/readyz')] },
    {
      name: 'health, told at length',
      steps: [get('/healthz/ping'), get('/livez/ping'), get('/readyz/ping'), get('/healthz/nothing')],
    },
  ],
};
