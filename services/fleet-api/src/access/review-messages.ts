import type { ProtobufMessage } from '@drover/apiserver';

/** The reviews as client-go sends them: the field numbers of k8s.io/api/authentication/v1 and authorization/v1. */
const metadata: ProtobufMessage[number] = ['metadata', { 1: ['name', 'string'], 3: ['namespace', 'string'] }];

export const selfSubject: ProtobufMessage = { 1: metadata };

export const token: ProtobufMessage = {
  1: metadata,
  2: ['spec', { 1: ['token', 'string'], 2: ['audiences', 'strings'] }],
};

export const rules: ProtobufMessage = { 1: metadata, 2: ['spec', { 1: ['namespace', 'string'] }] };

/** Those of oneself, of others, and of others in a namespace: the first has no user, groups and uid. */
export const access: ProtobufMessage = {
  1: metadata,
  2: [
    'spec',
    {
      1: [
        'resourceAttributes',
        {
          1: ['namespace', 'string'],
          2: ['verb', 'string'],
          3: ['group', 'string'],
          4: ['version', 'string'],
          5: ['resource', 'string'],
          6: ['subresource', 'string'],
          7: ['name', 'string'],
        },
      ],
      2: ['nonResourceAttributes', { 1: ['path', 'string'], 2: ['verb', 'string'] }],
      3: ['user', 'string'],
      4: ['groups', 'strings'],
      6: ['uid', 'string'],
    },
  ],
};
