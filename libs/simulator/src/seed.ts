import type { ApiObject, Namespace, Registry, ResourceType } from '@drover/apiserver';
import { agentAccess } from '@drover/contracts';
import { draftOf } from './draft.ts';
import { core, type LooseObject, rbac, simulatedKinds, workloads } from './kinds/index.ts';
import { simulatedVersion } from './version.ts';

export interface SeedOptions {
  /** The cluster's name, which the names of its nodes begin with. */
  readonly name: string;
  /** Default 3. */
  readonly nodes?: number;
  /** Pods beside those of the usual deployments. Default: none. */
  readonly pods?: number;
  /** What stands before hub names; absent: `drover:`. */
  readonly userPrefix?: string;
}

/** Puts into a new cluster what one has after its installation, and a small shop to look at. */
export async function seed(registry: Registry, options: SeedOptions): Promise<void> {
  const { name, nodes = 3, pods = 0, userPrefix } = options;
  const make = <T extends ApiObject>(type: ResourceType<T>, object: T): Promise<T> =>
    registry.create(type, object, { manager: 'simulator' });
  for (const namespace of ['default', 'kube-system', 'kube-public', 'shop']) {
    await make(core.namespaces, draftOf('v1', 'Namespace', { name: namespace }) as unknown as Namespace);
  }
  for (let number = 1; number <= nodes; number++) {
    const node = await make(core.nodes, nodeOf(name, number));
    const part = { part: 'status', manager: 'simulator' } as const;
    await registry.update(core.nodes, node.metadata.name, now => ({ ...now, status: nodeStatus(node, number) }), part);
  }
  for (const role of builtInRoles) await make(rbac.clusterRoles, role);
  await make(rbac.clusterRoleBindings, mastersBinding);
  for (const object of agentAccess(userPrefix === undefined ? {} : { userPrefix })) {
    const type = simulatedKinds.find(({ kind }) => kind === object.kind);
    const { apiVersion, kind, metadata, ...fields } = structuredClone(object);
    if (type !== undefined) await make(type as ResourceType<LooseObject>, draftOf(apiVersion, kind, metadata, fields));
  }
  await make(core.services, serviceOf('default', 'kubernetes', '10.96.0.1', 443, {}));
  await make(core.services, serviceOf('kube-system', 'kube-dns', '10.96.0.10', 53, { 'k8s-app': 'kube-dns' }));
  await make(workloads.deployments, workload('Deployment', 'kube-system', 'coredns', 'coredns:1.11', 2));
  await make(workloads.daemonSets, workload('DaemonSet', 'kube-system', 'kube-proxy', 'kube-proxy:1.32'));
  const settings = { currency: 'EUR', 'features.json': '{"checkout": true}' };
  await make(core.configMaps, draftOf('v1', 'ConfigMap', { name: 'shop', namespace: 'shop' }, { data: settings }));
  await make(core.services, serviceOf('shop', 'web', '10.96.0.80', 80, { app: 'web' }));
  await make(workloads.deployments, workload('Deployment', 'shop', 'web', 'nginx:1.27', 3));
  await make(workloads.deployments, workload('Deployment', 'shop', 'cart', 'cart:2.4', 2));
  await make(workloads.statefulSets, workload('StatefulSet', 'shop', 'postgres', 'postgres:17', 1));
  if (pods > 0) await make(workloads.deployments, workload('Deployment', 'default', 'load', 'load:1', pods));
}

const nodeOf = (cluster: string, number: number): LooseObject => {
  const name = `${cluster}-simulated-${number}`;
  const labels: Record<string, string> = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  if (number === 1) labels['node-role.kubernetes.io/control-plane'] = '';
  return draftOf('v1', 'Node', { name, labels }, { spec: { podCIDR: `10.244.${number}.0/24` } });
};

function nodeStatus({ metadata }: LooseObject, number: number): object {
  const amounts = { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' };
  const since = metadata.creationTimestamp;
  return {
    capacity: amounts,
    allocatable: amounts,
    addresses: [
      { type: 'InternalIP', address: `10.0.0.${number % 256}` },
      { type: 'Hostname', address: metadata.name },
    ],
    conditions: [
      {
        type: 'MemoryPressure',
        status: 'False',
        reason: 'Simulated',
        lastHeartbeatTime: since,
        lastTransitionTime: since,
      },
      { type: 'Ready', status: 'True', reason: 'Simulated', lastHeartbeatTime: since, lastTransitionTime: since },
    ],
    nodeInfo: {
      kubeletVersion: simulatedVersion,
      kubeProxyVersion: simulatedVersion,
      osImage: 'simulated',
      kernelVersion: 'simulated',
      containerRuntimeVersion: 'simulated://0',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}

function serviceOf(
  namespace: string,
  name: string,
  clusterIP: string,
  port: number,
  selector: Readonly<Record<string, string>>,
): LooseObject {
  const ports = [{ name: port === 443 ? 'https' : 'main', port, targetPort: port, protocol: 'TCP' }];
  const spec = { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports, selector };
  return draftOf('v1', 'Service', { name, namespace }, { spec });
}

function workload(kind: string, namespace: string, name: string, image: string, replicas?: number): LooseObject {
  const labels = { app: name };
  const spec = {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name, image }] } },
  };
  return draftOf('apps/v1', kind, { name, namespace, labels }, { spec });
}

const rbacGroup = 'rbac.authorization.k8s.io';
const all = ['*'];
const reads = ['get', 'list', 'watch'];
const readable = [
  { apiGroups: [''], resources: ['configmaps', 'events', 'persistentvolumeclaims', 'pods', 'services'], verbs: reads },
  { apiGroups: [''], resources: ['namespaces', 'serviceaccounts'], verbs: reads },
  { apiGroups: ['apps', 'batch'], resources: all, verbs: reads },
];
const writable = [
  { apiGroups: [''], resources: ['configmaps', 'persistentvolumeclaims', 'pods', 'secrets', 'services'], verbs: all },
  { apiGroups: ['apps', 'batch'], resources: all, verbs: all },
];

/** The roles for people that every cluster has, in short. */
const builtInRoles: readonly LooseObject[] = Object.entries({
  'cluster-admin': [
    { apiGroups: all, resources: all, verbs: all },
    { nonResourceURLs: all, verbs: all },
  ],
  admin: [...readable, ...writable, { apiGroups: [rbacGroup], resources: ['roles', 'rolebindings'], verbs: all }],
  edit: [...readable, ...writable],
  view: readable,
}).map(([name, rules]) => draftOf(`${rbacGroup}/v1`, 'ClusterRole', { name }, { rules }));

const mastersBinding = draftOf(
  `${rbacGroup}/v1`,
  'ClusterRoleBinding',
  { name: 'cluster-admin' },
  {
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: rbacGroup, kind: 'Group', name: 'system:masters' }],
  },
);
