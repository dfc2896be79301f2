import type { ResourceType } from '@drover/apiserver';
import { type JoinToken, resources } from '@drover/contracts';
import { timeLeft } from './tokens.ts';

/** `kubectl get jointokens`; deleting one revokes it. They are made by `drover cluster import`. */
export const joinTokens: ResourceType<JoinToken> = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'JoinToken',
  plural: resources.joinTokens,
  singular: 'jointoken',
  shortNames: [],
  namespaced: false,
  verbs: ['get', 'list', 'watch', 'delete'],
  status: false,
  hidden: ['hash'],
  fields: {
    spec: {
      type: 'object',
      description: 'A token with which an agent joins its cluster.',
      properties: {
        cluster: { type: 'string', description: 'The cluster’s name.' },
        clusterUid: { type: 'string', description: 'The cluster’s uid; a later cluster of that name is another.' },
        expiresAt: { type: 'string', format: 'date-time', description: 'When it ends.' },
      },
    },
  },
  columns: [
    {
      name: 'Cluster',
      type: 'string',
      description: 'The cluster that it joins.',
      jsonPath: '.spec.cluster',
      cell: token => token.spec.cluster,
    },
    {
      name: 'Expires',
      type: 'string',
      description: 'How long it is good.',
      cell: (token, nowMs) => timeLeft(token.spec.expiresAt, nowMs),
    },
  ],
};
