import { ageOf, allVerbs, type ResourceType } from '@drover/apiserver';
import { type Event, eventKind } from '@drover/contracts';

/** `kubectl get events.drover.dev -n CLUSTER` */
export const events: ResourceType<Event> = {
  ...eventKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Last Seen',
      type: 'string',
      description: 'How long ago it happened last.',
      cell: (event, nowMs) => ageOf(event.spec.lastSeen ?? event.metadata.creationTimestamp, nowMs),
    },
    {
      name: 'Type',
      type: 'string',
      description: 'Whether anybody should look.',
      jsonPath: '.spec.type',
      cell: event => event.spec.type,
    },
    {
      name: 'Reason',
      type: 'string',
      description: 'What happened, in a word.',
      jsonPath: '.spec.reason',
      cell: event => event.spec.reason,
    },
    {
      name: 'Object',
      type: 'string',
      description: 'What it happened to.',
      cell: ({ spec: { regarding } }) => `${regarding.kind.toLowerCase()}/${regarding.name}`,
    },
    {
      name: 'Message',
      type: 'string',
      description: 'What happened.',
      jsonPath: '.spec.message',
      cell: event => event.spec.message ?? '',
    },
  ],
};
