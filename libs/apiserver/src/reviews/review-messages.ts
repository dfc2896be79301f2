import { objectMeta } from '../object-meta-message.ts';
import type { ProtobufMessage } from '../protobuf.ts';

/** The reviews as client-go sends them: the field numbers of k8s.io/api/authentication/v1 and authorization/v1. */
const metadata: ProtobufMessage[number] = ['metadata', objectMeta];
/** The answer is the server's. */
const status: ProtobufMessage[number] = ['status', 'ignored'];

export const selfSubject: ProtobufMessage = { 1: metadata, 2: status };

export const token: ProtobufMessage = {
  1: metadata,
  2: ['spec', { 1: ['token', 'string'], 2: ['audiences', 'string', 'list'] }],
  3: status,
};

export const rules: ProtobufMessage = { 1: metadata, 2: ['spec', { 1: ['namespace', 'string'] }], 3: status };

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
          8: ['fieldSelector', 'ignored'],
          9: ['labelSelector', 'ignored'],
        },
      ],
      2: ['nonResourceAttributes', { 1: ['path', 'string'], 2: ['verb', 'string'] }],
      3: ['user', 'string'],
      4: ['groups', 'string', 'list'],
      5: ['extra', 'ignored'],
      6: ['uid', 'string'],
    },
  ],
  3: status,
};
