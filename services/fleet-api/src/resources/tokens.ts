import { ageOf, allVerbs, type ResourceType } from '@drover/apiserver';
import { type Token, tokenKind } from '@drover/contracts';

/** How long until a time, as kubectl writes durations. */
export const timeLeft = (timestamp: string | undefined, nowMs: number): string => {
  if (timestamp === undefined) return 'never';
  const leftMs = Date.parse(timestamp) - nowMs;
  return leftMs <= 0 ? 'expired' : ageOf(new Date(nowMs).toISOString(), nowMs + leftMs);
};

/** `kubectl get tokens`. The secret is handed out once, to who makes one: by `kubectl create`, `drover login` or `/v1/tokens`. */
export const tokens: ResourceType<Token> = {
  ...tokenKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'User',
      type: 'string',
      description: 'Whose token it is.',
      jsonPath: '.spec.user',
      cell: token => token.spec.user,
    },
    {
      name: 'Description',
      type: 'string',
      description: 'What it is for.',
      jsonPath: '.spec.description',
      cell: token => token.spec.description ?? '',
    },
    {
      name: 'Expires',
      type: 'string',
      description: 'How long it is good.',
      cell: (token, nowMs) => timeLeft(token.spec.expiresAt, nowMs),
    },
    {
      name: 'Last Used',
      type: 'string',
      description: 'How long ago it was last used.',
      jsonPath: '.status.lastUsed',
      cell: (token, nowMs) => (token.status?.lastUsed === undefined ? 'never' : ageOf(token.status.lastUsed, nowMs)),
    },
    {
      name: 'Clusters',
      type: 'string',
      description: 'What it is good for.',
      jsonPath: '.spec.clusters',
      cell: token => token.spec.clusters?.join(',') ?? '*',
    },
  ],
};
