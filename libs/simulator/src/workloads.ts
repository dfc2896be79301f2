import type { ApiObject, Registry, ResourceType } from '@drover/apiserver';
import { DroverError } from '@drover/errors';
import { draftOf } from './draft.ts';
import { at, core, type LooseObject, mapAt, numberAt, textAt, workloads } from './kinds/index.ts';

/** So many pods are made for one workload, whatever it asks for: a typing error must not fill the memory. */
const maxPods = 1_000;
const hashLabel = 'pod-template-hash';

/**
 * What controllers and kubelets would do when something is made: a Deployment gets its ReplicaSet, that its pods, and pods
 * a node on which they are said to run. Later changes are kept, and nothing follows from them.
 */
export function simulateWorkloads(registry: Registry): void {
  let made = 0;
  const statusOf = async (type: ResourceType<LooseObject>, object: LooseObject, status: object): Promise<void> => {
    const { name, namespace = '' } = object.metadata;
    await registry
      .update(type, name, current => ({ ...current, status }), { namespace, part: 'status', manager: 'simulator' })
      .catch(unlessGone);
  };
  const podsOf = async (
    type: ResourceType<LooseObject>,
    owner: LooseObject,
    names: readonly (string | undefined)[],
  ) => {
    for (const name of names.slice(0, maxPods)) {
      await registry.create(core.pods, podOf(type, owner, name), { manager: 'simulator' });
    }
  };

  registry.hook(core.pods, {
    afterCreate: async pod => {
      const nodes = registry.list(core.nodes);
      const number = made++;
      const { name, namespace = '' } = pod.metadata;
      const nodeName = textAt(pod, 'spec.nodeName') ?? nodes[number % Math.max(nodes.length, 1)]?.metadata.name;
      if (nodeName === undefined) return; // without a node it is pending
      await registry
        .update(core.pods, name, now => ({ ...now, spec: { ...mapAt(now, 'spec'), nodeName } }), { namespace })
        .catch(unlessGone);
      await statusOf(core.pods, pod, runningStatus(pod, number));
    },
  });
  registry.hook(workloads.deployments, {
    afterCreate: async deployment => {
      const hash = deployment.metadata.uid?.slice(0, 8) ?? '';
      await registry.create(workloads.replicaSets, replicaSetOf(deployment, hash), { manager: 'simulator' });
      const replicas = wanted(deployment);
      const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
      const conditions = [
        { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'it is simulated' },
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: 'it is simulated' },
      ];
      await statusOf(workloads.deployments, deployment, { observedGeneration: 1, ...counts, conditions });
    },
  });
  registry.hook(workloads.replicaSets, {
    afterCreate: async set => {
      const replicas = wanted(set);
      await podsOf(workloads.replicaSets, set, Array<undefined>(replicas).fill(undefined));
      const counts = { replicas, readyReplicas: replicas, availableReplicas: replicas };
      await statusOf(workloads.replicaSets, set, { observedGeneration: 1, ...counts });
    },
  });
  registry.hook(workloads.statefulSets, {
    afterCreate: async set => {
      const replicas = wanted(set);
      const names = Array.from({ length: replicas }, (_, index) => `${set.metadata.name}-${index}`);
      await podsOf(workloads.statefulSets, set, names);
      const counts = { replicas, readyReplicas: replicas, currentReplicas: replicas, availableReplicas: replicas };
      await statusOf(workloads.statefulSets, set, { observedGeneration: 1, ...counts });
    },
  });
  registry.hook(workloads.daemonSets, {
    afterCreate: async set => {
      const count = registry.list(core.nodes).length;
      await podsOf(workloads.daemonSets, set, Array<undefined>(count).fill(undefined));
      await statusOf(workloads.daemonSets, set, {
        ...{ observedGeneration: 1, desiredNumberScheduled: count, currentNumberScheduled: count },
        ...{ updatedNumberScheduled: count, numberReady: count, numberAvailable: count, numberMisscheduled: 0 },
      });
    },
  });
  registry.hook(core.namespaces, {
    afterCreate: async ({ metadata: { name: namespace } }) => {
      const draft = draftOf('v1', 'ServiceAccount', { name: 'default', namespace });
      await registry.create(core.serviceAccounts, draft, { manager: 'simulator' });
    },
  });
}

const wanted = (object: LooseObject): number => {
  const replicas = at(object, 'spec.replicas') === undefined ? 1 : numberAt(object, 'spec.replicas');
  return Math.min(Math.max(Math.trunc(replicas), 0), maxPods);
};

const ownerOf = (type: ResourceType, { metadata }: ApiObject) => ({
  apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
  kind: type.kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

function replicaSetOf(deployment: LooseObject, hash: string): LooseObject {
  const { name, namespace = '' } = deployment.metadata;
  const labels = { ...textsAt(deployment, 'spec.template.metadata.labels'), [hashLabel]: hash };
  const ownerReferences = [ownerOf(workloads.deployments, deployment)];
  return draftOf(
    'apps/v1',
    'ReplicaSet',
    { name: `${name}-${hash}`, namespace, labels, ownerReferences },
    {
      spec: {
        replicas: wanted(deployment),
        selector: { matchLabels: { ...mapAt(deployment, 'spec.selector.matchLabels'), [hashLabel]: hash } },
        template: { ...mapAt(deployment, 'spec.template'), metadata: { labels } },
      },
    },
  );
}

const podOf = (type: ResourceType<LooseObject>, owner: LooseObject, name: string | undefined): LooseObject =>
  draftOf(
    'v1',
    'Pod',
    {
      ...(name === undefined ? { name: '', generateName: `${owner.metadata.name}-` } : { name }),
      namespace: owner.metadata.namespace ?? '',
      labels: textsAt(owner, 'spec.template.metadata.labels'),
      ownerReferences: [ownerOf(type, owner)],
    },
    { spec: mapAt(owner, 'spec.template.spec') },
  );

const textsAt = (object: LooseObject, path: string): Record<string, string> =>
  Object.fromEntries(Object.entries(mapAt(object, path)).map(([name, value]) => [name, String(value)]));

function runningStatus(pod: LooseObject, number: number): object {
  const startedAt = pod.metadata.creationTimestamp;
  const containers = at(pod, 'spec.containers');
  const ip = `10.244.${(number >> 8) & 255}.${number & 255}`;
  return {
    phase: 'Running',
    startTime: startedAt,
    podIP: ip,
    podIPs: [{ ip }],
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(type => ({
      ...{ type, status: 'True', lastTransitionTime: startedAt, reason: 'Simulated', message: 'no container runs' },
    })),
    containerStatuses: (Array.isArray(containers) ? containers : []).map(one => ({
      ...{ name: textAt(one, 'name'), image: textAt(one, 'image'), imageID: '', containerID: 'simulated://none' },
      ...{ ready: true, started: true, restartCount: 0, state: { running: { startedAt } } },
    })),
  };
}

/** Somebody was quicker, and deleted it. */
function unlessGone(error: unknown): void {
  if (!(error instanceof DroverError) || error.code !== 'not-found') throw error;
}
