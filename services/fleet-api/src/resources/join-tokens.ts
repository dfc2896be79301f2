import type { ResourceType } from '@drover/apiserver';
import { type JoinToken, joinTokenKind } from '@drover/contracts';
import { timeLeft } from './tokens.ts';

/** `kubectl get jointokens`; deleting one revokes it. They are made by `drover cluster import`. */
export const joinTokens: ResourceType<JoinToken> = {
  ...joinTokenKind,
  verbs: ['get', 'list', 'watch', 'delete'],
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
