import { ageOf, allVerbs, fieldErrors, type ResourceType } from '@drover/apiserver';
import { type Cluster, clusterKind, isLabel } from '@drover/contracts';

/** `kubectl get clusters` */
export const clusters: ResourceType<Cluster> = {
  ...clusterKind,
  verbs: allVerbs,
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
    isLabel(name) ? [] : [fieldErrors.invalid('metadata.name', name, 'must be a DNS-1123 label')],
};
