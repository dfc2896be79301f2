import assert from 'node:assert/strict';
import { Agent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { serveWidgets, widget } from './widgets-for-tests.ts';

/** A request as anybody may send it; nothing about it has to make sense. */
interface Wild {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const problems: unknown[] = [];
let served: Awaited<ReturnType<typeof serveWidgets>>;

before(async () => {
  served = await serveWidgets({ everybodyIs: 'alice', extra: { onProblem: error => void problems.push(error) } });
  for (const name of ['a', 'b', 'c'])
    await send({ method: 'POST', path: widgetsPath, headers: json, body: bodyOf(name) });
});
after(async () => {
  agent.destroy();
  await served[Symbol.asyncDispose]();
});

const widgetsPath = '/apis/example.dev/v1/widgets';
const json = { 'content-type': 'application/json' };
const bodyOf = (name: string): string => JSON.stringify(widget(name, { size: 1, tags: ['x'] }, { a: 'b' }));

function send({ method, path, headers, body }: Wild): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = httpRequest(served.url, { method, path, headers: { ...headers, ...length }, agent }, answer => {
      const status = answer.statusCode ?? 0;
      const type = String(answer.headers['content-type'] ?? '');
      // A watch would go on for half an hour.
      if (status === 200 && answer.headers['transfer-encoding'] === 'chunked') {
        answer.destroy();
        return resolve({ status, type, text: '' });
      }
      const chunks: Buffer[] = [];
      answer.on('data', chunk => void chunks.push(chunk));
      answer.on('end', () => resolve({ status, type, text: Buffer.concat(chunks).toString('utf8') }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const prototypeKeys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length'];
const keys = fc.oneof(
  fc.constantFrom(
    'apiVersion',
    'kind',
    'metadata',
    'spec',
    'status',
    'secret',
    'name',
    'labels',
    'annotations',
    'size',
    'tags',
  ),
  fc.constantFrom(
    'finalizers',
    'ownerReferences',
    'managedFields',
    'resourceVersion',
    'uid',
    'generateName',
    'namespace',
  ),
  fc.constantFrom(
    'deletionTimestamp',
    'creationTimestamp',
    'generation',
    'dryRun',
    'preconditions',
    'propagationPolicy',
    'items',
  ),
  fc.constantFrom(...prototypeKeys),
  fc.string({ maxLength: 8 }),
);
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    'example.dev/v1',
    'Widget',
    'a',
    'b',
    'x.dev/y',
    '',
    null,
    true,
    0,
    -1,
    1e308,
    2 ** 53,
    1.5,
    1_313_131,
  ),
  fc.constantFrom<unknown>(
    '2026-01-01T00:00:00Z',
    'Strict',
    'All',
    'Orphan',
    'red',
    '\u0000',
    '\ud800',
    'ä',
    'x'.repeat(300),
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
);
const value = fc.letrec<{ any: unknown; list: unknown[]; map: object }>(tie => ({
  any: fc.oneof({ maxDepth: 5 }, scalar, tie('list'), tie('map')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  map: fc.array(fc.tuple(keys, tie('any')), { maxLength: 5 }).map(entries => Object.fromEntries(entries)),
}));

/** A good widget in which some places are replaced by anything. */
const nearly = fc
  .array(
    fc.tuple(
      fc.array(fc.oneof(keys, fc.constantFrom('metadata', 'spec', 'status')), { minLength: 1, maxLength: 3 }),
      value.any,
    ),
    { maxLength: 3 },
  )
  .map(changes => {
    const made: unknown = JSON.parse(bodyOf('a'));
    for (const [path, replacement] of changes) replaceAt(made, path, replacement);
    return made;
  });

function replaceAt(target: unknown, path: readonly string[], replacement: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined || typeof target !== 'object' || target === null || Array.isArray(target)) return;
  const found = Object.getOwnPropertyDescriptor(target, first)?.value;
  if (rest.length > 0 && typeof found === 'object' && found !== null) replaceAt(found, rest, replacement);
  else
    Object.defineProperty(target, first, { value: replacement, enumerable: true, configurable: true, writable: true });
}

const pointer = fc.oneof(
  fc.constantFrom(
    '/spec',
    '/spec/tags/0',
    '/spec/tags/-',
    '/metadata/name',
    '/metadata',
    '',
    '/',
    '/__proto__/x',
    '/constructor/prototype/x',
    '/spec/tags/99999999999',
    '/~2',
  ),
  fc.string({ maxLength: 10 }),
);
const operation = fc.record(
  {
    op: fc.oneof(
      fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', '_get'),
      fc.string({ maxLength: 4 }),
    ),
    path: pointer,
    from: pointer,
    value: value.any,
  },
  { requiredKeys: [] },
);
const nests = [
  ['{"a":', '}'],
  ['[', ']'],
  ['{"spec":', '}'],
  ['- ', ''],
  ['{a: ', '}'],
  ['&a [*a, ', ']'],
] as const;
/** Deeper than any stack is willing to go, closed or left open. */
const deep = fc
  .tuple(fc.constantFrom(...nests), fc.integer({ min: 10, max: 30_000 }), fc.boolean())
  .map(([[open, close], times, closed]) => `${open.repeat(times)}${closed ? `1${close.repeat(times)}` : ''}`);
const body = fc.option(
  fc.oneof(
    { weight: 4, arbitrary: nearly.map(made => JSON.stringify(made)) },
    { weight: 2, arbitrary: fc.array(operation, { maxLength: 4 }).map(made => JSON.stringify(made)) },
    { weight: 1, arbitrary: value.any.map(made => JSON.stringify(made) ?? '') },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: fc.string() },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'null',
        '5',
        '""',
        '[]',
        '{',
        '{"metadata":{"generation":1e999}}',
        '---\n',
        'a: &a [*a]',
        '!!js/function x',
        '{"kind":"Widget","kind":"Widget"}',
      ),
    },
  ),
  { nil: undefined },
);

const encoded = fc.string({ maxLength: 12 }).map(text => encodeURIComponent(text.toWellFormed()));
const segment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'a',
      'b',
      'widgets',
      'gadgets',
      'status',
      'namespaces',
      'default',
      'watch',
      'v1',
      'example.dev',
      'apis',
      'api',
      'x',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '.',
      '..',
      '%2e%2e',
      '%2f',
      '%00',
      '%zz',
      '%',
      '*',
      '%c3%28',
      '__proto__',
      'x'.repeat(300),
    ),
  },
  { weight: 1, arbitrary: encoded },
);
const path = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      widgetsPath,
      `${widgetsPath}/a`,
      `${widgetsPath}/b`,
      `${widgetsPath}/c/status`,
      `${widgetsPath}/nothing`,
      '/apis/example.dev/v1/namespaces/x/gadgets',
      '/apis/example.dev/v1/namespaces/x/gadgets/a',
    ),
  },
  { weight: 2, arbitrary: fc.array(segment, { maxLength: 7 }).map(parts => `/${parts.join('/')}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '/',
      '*',
      '/openapi/v2',
      '/openapi/v3',
      '/openapi/v3/apis/example.dev/v1',
      '/version',
      '/readyz',
      '/apis/example.dev',
      '/api/v1',
    ),
  },
);
const parameter = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      'labelSelector',
      'fieldSelector',
      'limit',
      'continue',
      'resourceVersion',
      'resourceVersionMatch',
      'dryRun',
      'fieldManager',
      'fieldValidation',
    ),
    fc.constantFrom(
      'force',
      'watch',
      'timeoutSeconds',
      'allowWatchBookmarks',
      'sendInitialEvents',
      'propagationPolicy',
      'gracePeriodSeconds',
      'includeObject',
      'pretty',
    ),
    encoded,
  ),
  fc.oneof(
    fc.constantFrom(
      'true',
      'false',
      '1',
      '0',
      '-1',
      '',
      'All',
      'Strict',
      'Ignore',
      'Exact',
      'NotOlderThan',
      'x',
      'null',
      'NaN',
      '1e3',
      '0x10',
      '18446744073709551616',
      'metadata.name=a',
      'spec.size=1',
    ),
    fc
      .constantFrom(
        'a in (b,c)',
        'a notin ()',
        '!a',
        'a=b,c!=d',
        'a>1',
        'a<',
        'a in (',
        '(',
        ',,',
        '=',
        'a==',
        '%zz',
        '%',
        'e30',
        'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0',
      )
      .map(text => (text.startsWith('%') ? text : encodeURIComponent(text))),
    encoded,
  ),
);
const query = fc
  .array(parameter, { maxLength: 4 })
  .map(pairs => (pairs.length === 0 ? '' : `?${pairs.map(pair => pair.join('=')).join('&')}`));
const mediaTypes = [
  'application/json',
  'application/yaml',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
  'application/strategic-merge-patch+json',
];
const headers = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...mediaTypes) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '',
          ';',
          'text/plain',
          'application/json;charset=utf-8',
          'application/vnd.kubernetes.protobuf',
          'a/b/c',
        ),
      },
    ),
    accept: fc.constantFrom(
      '*/*',
      '',
      ',',
      ';',
      'application/json',
      'application/yaml',
      'text/html',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
      'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      'application/json;as',
      'application/json;q=2',
      'application/json;as=Table;as=x',
    ),
    'accept-encoding': fc.constantFrom('gzip', 'br', '*', 'gzip;q=0', ';'),
    authorization: fc.constantFrom('Bearer guest', 'Bearer reds', 'Bearer alice', '', 'Bearer '),
    'user-agent': fc.constantFrom('', 'kubectl/v1 (x)', 'x'.repeat(500), '/'),
  },
  { requiredKeys: [] },
);
const method = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE') },
  { weight: 1, arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE') },
);
const anything = fc
  .tuple(method, path, query, headers, body)
  .map(
    ([verb, where, how, head, content]): Wild => ({ method: verb, path: where + how, headers: head, body: content }),
  );
/** Patches of what is there, as chance alone seldom makes them. */
const patch = fc
  .tuple(fc.constantFrom('a', 'b', 'c/status'), query, fc.constantFrom(...mediaTypes), body)
  .map(([name, how, type, content]): Wild => {
    return { method: 'PATCH', path: `${widgetsPath}/${name}${how}`, headers: { 'content-type': type }, body: content };
  });
const creation: Wild = { method: 'POST', path: widgetsPath, headers: json, body: bodyOf('a') };
const wild = fc.oneof(
  { weight: 6, arbitrary: anything },
  { weight: 3, arbitrary: patch },
  { weight: 1, arbitrary: fc.constant(creation) },
);

test('whatever is asked, the answer is no 500, and a failure is a Status with the code of the answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(wild, { minLength: 1, maxLength: 8 }), async requests => {
      problems.length = 0;
      const answers = await Promise.all(requests.map(send));
      for (const [index, { status, type, text }] of answers.entries()) {
        // A revision that is not there yet is waited for, and then 504.
        assert.ok(
          status < 500 || status === 504,
          `${status} ${text} ${String(problems.at(-1) ?? '')} for ${JSON.stringify(requests[index])}`,
        );
        if (status < 400 || requests[index]?.method === 'HEAD') continue;
        assert.match(type, /^application\/(json|yaml)/);
        if (!type.startsWith('application/json')) continue;
        const { kind, code, reason } = JSON.parse(text) as Record<string, unknown>;
        assert.deepEqual({ kind, code }, { kind: 'Status', code: status });
        assert.ok(status !== 409 || reason !== undefined);
      }
      assert.deepEqual(problems, []);
    }),
    { numRuns: 400 },
  );
  const { status } = await send({ method: 'GET', path: widgetsPath, headers: {}, body: undefined });
  assert.equal(status, 200);
  assert.equal(({} as Record<string, unknown>)['x'], undefined, 'the prototype of every object is as it was');
});
