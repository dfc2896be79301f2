import { ageOf, allVerbs, type ResourceType, type Schema } from '@drover/apiserver';
import { type Cluster, isLabel, resources } from '@drover/contracts';

const text = (description: string): Schema => ({ type: 'string', description });
const keys = (description: string): Schema => ({
  type: 'array',
  maxItems: 32,
  items: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
  description,
});

const condition: Schema = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: { type: 'string' },
    message: { type: 'string' },
    lastTransitionTime: { type: 'string', format: 'date-time' },
  },
};

/** `kubectl get clusters` */
export const clusters: ResourceType<Cluster> = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Cluster',
  plural: resources.clusters,
  singular: 'cluster',
  shortNames: ['cl'],
  namespaced: false,
  verbs: allVerbs,
  status: true,
  fields: {
    spec: {
      type: 'object',
      description: 'What is wanted of the cluster.',
      properties: { displayName: { type: 'string', maxLength: 253, description: 'A name for people.' } },
    },
    status: {
      type: 'object',
      description: 'What is known of the cluster.',
      properties: {
        connected: { type: 'boolean', description: 'Whether an agent of the cluster is connected.' },
        agentVersion: text('The version of the agent that connected last.'),
        kubernetesVersion: text('The version of the cluster’s kube-apiserver, as its agent told.'),
        lastSeen: {
          type: 'string',
          format: 'date-time',
          description: 'When an agent was last connected, to a minute.',
        },
        agentKeys: keys('The public keys (Ed25519) of the agents that may connect.'),
        pendingAgentKeys: keys('Keys that wait for `drover cluster approve-agent`.'),
        conditions: { type: 'array', maxItems: 32, items: condition },
      },
    },
  },
  columns: [
    {
      name: 'Connected',
      type: 'string',
      description: 'Whether an agent of the cluster is connected.',
      jsonPath: '.status.connected',
      cell: cluster => (cluster.status?.connected ? 'True' : 'False'),
    },
    {
      name: 'Agent',
      type: 'string',
      description: 'The agent’s version.',
      jsonPath: '.status.agentVersion',
      cell: cluster => cluster.status?.agentVersion ?? '',
    },
    {
      name: 'Kubernetes',
      type: 'string',
      description: 'The cluster’s version.',
      jsonPath: '.status.kubernetesVersion',
      cell: cluster => cluster.status?.kubernetesVersion ?? '',
    },
    {
      name: 'Last Seen',
      type: 'string',
      description: 'How long ago an agent was last connected.',
      jsonPath: '.status.lastSeen',
      cell: (cluster, nowMs) =>
        cluster.status?.lastSeen === undefined ? 'never' : ageOf(cluster.status.lastSeen, nowMs),
    },
  ],
  // A cluster's name is a token of NATS subjects and a segment of paths.
  validate: ({ metadata: { name } }) =>
    isLabel(name)
      ? []
      : [
          {
            field: 'metadata.name',
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(name)}: must be a DNS-1123 label`,
          },
        ],
};
