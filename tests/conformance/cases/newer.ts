import { clusters, expecting, get, post, type Topic, user, users } from '../case.ts';

const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' };
const strict = 'strict decoding error: unknown field "spec.colour"';
const bad = user('<n>', { colour: 'red' });
const initial =
  '?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1';

/** What the testbed's 1.20 does not have: the KEPs and the current API reference say what the answer is. */
export const newer: Topic = {
  name: 'newer',
  cases: [
    {
      name: 'fieldValidation Strict refuses an unknown field (KEP-2885)',
      steps: [
        expecting(post(users('?fieldValidation=Strict'), bad), {
          status: 400,
          body: { kind: 'Status', reason: 'BadRequest', code: 400, message: new RegExp(strict) },
        }),
      ],
    },
    {
      name: 'fieldValidation Warn drops it and warns (KEP-2885)',
      steps: [
        expecting(post(users('?fieldValidation=Warn'), bad), {
          status: 201,
          headers: { warning: '299 - "unknown field \\"spec.colour\\""' },
          body: { kind: 'User', spec: {} },
        }),
      ],
    },
    {
      name: 'fieldValidation Ignore drops it and says nothing (KEP-2885)',
      steps: [
        expecting(post(users('?fieldValidation=Ignore'), bad), { status: 201, body: { kind: 'User', spec: {} } }),
      ],
    },
    {
      name: 'an unknown fieldValidation is refused',
      steps: [expecting(post(users('?fieldValidation=Sometimes'), bad), { status: 422, body: { reason: 'Invalid' } })],
    },
    {
      name: 'discovery is aggregated (KEP-3352)',
      steps: [
        expecting(get('/apis', aggregated), {
          status: 200,
          headers: { contentType: /as=APIGroupDiscoveryList/ },
          body: { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' },
        }),
      ],
    },
    {
      name: 'a list is streamed (KEP-3157)',
      steps: [
        post(users(), user()),
        expecting(get(users(`${initial}&fieldSelector=metadata.name%3D<n>`)), {
          status: 200,
          body: [
            { type: 'ADDED', object: { kind: 'User' } },
            {
              type: 'BOOKMARK',
              object: { kind: 'User', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
            },
          ],
        }),
      ],
    },
    {
      name: 'SelfSubjectReview says who asks (KEP-3325)',
      steps: [
        expecting(
          post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
            apiVersion: 'authentication.k8s.io/v1',
            kind: 'SelfSubjectReview',
          }),
          { status: 201, body: { kind: 'SelfSubjectReview', status: { userInfo: { username: 'admin' } } } },
        ),
      ],
    },
    {
      name: 'OpenAPI v3 names each group (KEP-2896)',
      steps: [
        expecting(get('/openapi/v3'), {
          status: 200,
          body: { paths: { 'apis/drover.dev/v1': { serverRelativeURL: /^\/openapi\/v3\/apis\/drover\.dev\/v1/ } } },
        }),
      ],
    },
    {
      name: 'a revision that is not there yet is waited for, and then said to be too large',
      steps: [
        expecting(get(clusters('?resourceVersion=999999999&resourceVersionMatch=NotOlderThan&limit=500')), {
          status: 504,
          body: { kind: 'Status', reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
        }),
      ],
    },
  ],
};
