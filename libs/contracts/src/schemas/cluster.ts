import type { KindDeclaration, ObjectOf } from '../kind.ts';
import type { Schema } from '../schema.ts';
import { conditions } from './condition.ts';

const agentKeys = (description: string) =>
  ({
    type: 'array',
    description,
    maxItems: 32,
    // Ed25519, raw, base64url
    items: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
    'x-kubernetes-list-type': 'set',
  }) as const satisfies Schema;

export const clusterKind = {
  group: 'drover.dev',
  version: 'v1',
  kind: 'Cluster',
  plural: 'clusters',
  singular: 'cluster',
  shortNames: ['cl'],
  categories: ['drover'],
  namespaced: false,
  description: 'A downstream Kubernetes cluster. Its name may be used again; its uid may not.',
  status: true,
  fields: {
    spec: {
      type: 'object',
      description: 'What is wanted of the cluster.',
      default: {},
      properties: { displayName: { type: 'string', maxLength: 253, description: 'A name for people.' } },
    },
    status: {
      type: 'object',
      description: 'What is known of the cluster.',
      properties: {
        connected: { type: 'boolean', description: 'Whether an agent of the cluster is connected.' },
        agentVersion: { type: 'string', description: 'The version of the agent that connected last.' },
        kubernetesVersion: {
          type: 'string',
          description: 'The version of the cluster’s kube-apiserver, as its agent told.',
        },
        lastSeen: {
          type: 'string',
          format: 'date-time',
          description: 'When an agent was last connected, to a minute.',
        },
        agentKeys: agentKeys('The public keys (Ed25519) of the agents that may connect.'),
        pendingAgentKeys: agentKeys('Keys that wait for `drover cluster approve-agent`.'),
        conditions,
      },
    },
  },
} as const satisfies KindDeclaration;

/** A downstream Kubernetes cluster. Its uid is the audience of identity assertions; its name may be used again. */
export interface Cluster extends ObjectOf<typeof clusterKind> {}
