import type { RoleRule } from '@drover/contracts';
import { type BuiltInRole, everything, hubRule, managing, reading } from './built-in-global-roles.ts';

/** What a built-in role template is made from. */
export interface BuiltInTemplate extends BuiltInRole {
  readonly context: 'cluster' | 'project';
  readonly inherits?: readonly string[];
  /** Clusters have a ClusterRole of that name. The rules are those of Kubernetes, for the check against escalation. */
  readonly external?: true;
  readonly creatorDefault?: true;
}

const on = (verbs: readonly string[], apiGroup: string, ...resources: string[]): RoleRule => ({
  verbs: [...verbs],
  apiGroups: [apiGroup],
  resources,
});

const changing = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const workloads = (verbs: readonly string[]): RoleRule[] => [
  on(verbs, '', 'pods', 'replicationcontrollers', 'replicationcontrollers/scale'),
  on(verbs, 'apps', 'deployments', 'deployments/scale', 'daemonsets', 'replicasets', 'replicasets/scale'),
  on(verbs, 'apps', 'statefulsets', 'statefulsets/scale', 'controllerrevisions'),
  on(verbs, 'batch', 'jobs', 'cronjobs'),
  on(verbs, 'autoscaling', 'horizontalpodautoscalers'),
];
const sessions = on(['*'], '', 'pods/exec', 'pods/attach', 'pods/portforward', 'pods/eviction');
const logs = on(reading, '', 'pods/log', 'pods/status', 'events');

const viewed: RoleRule[] = [
  ...workloads(reading),
  logs,
  on(reading, '', 'configmaps', 'endpoints', 'limitranges', 'namespaces', 'persistentvolumeclaims', 'resourcequotas'),
  on(reading, '', 'serviceaccounts', 'services'),
  on(reading, 'discovery.k8s.io', 'endpointslices'),
  on(reading, 'networking.k8s.io', 'ingresses', 'networkpolicies'),
  on(reading, 'policy', 'poddisruptionbudgets'),
];
const edited: RoleRule[] = [
  ...viewed,
  ...workloads(changing),
  on(['get', 'create'], '', 'pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy'),
  on(['create'], '', 'pods/eviction', 'serviceaccounts/token'),
  on([...reading, ...changing], '', 'secrets'),
  on(changing, '', 'configmaps', 'endpoints', 'persistentvolumeclaims', 'serviceaccounts', 'services', 'events'),
  on(['impersonate'], '', 'serviceaccounts'),
  on(changing, 'networking.k8s.io', 'ingresses', 'networkpolicies'),
  on(changing, 'policy', 'poddisruptionbudgets'),
];
const administered: RoleRule[] = [
  ...edited,
  on(managing, 'rbac.authorization.k8s.io', 'roles', 'rolebindings'),
  on(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'),
];

const inCluster = (displayName: string, description: string, rules: readonly RoleRule[]): BuiltInTemplate => ({
  context: 'cluster',
  displayName,
  description,
  rules,
});
const inProject = (displayName: string, description: string, rules: readonly RoleRule[]): BuiltInTemplate => ({
  ...inCluster(displayName, description, rules),
  context: 'project',
});
const external = (displayName: string, rules: readonly RoleRule[]): BuiltInTemplate => ({
  ...inProject(displayName, 'Kubernetes’ own role of that name.', rules),
  external: true,
});
const creatorDefault = (role: BuiltInTemplate): BuiltInTemplate => ({ ...role, creatorDefault: true });
const inheriting = (role: BuiltInTemplate, inherits: string): BuiltInTemplate => ({ ...role, inherits: [inherits] });

/** `NAME-manage` and `NAME-view` of the same resources. */
function pair(
  name: string,
  title: string,
  manage: readonly RoleRule[],
  view: readonly RoleRule[],
): [string, BuiltInTemplate][] {
  const what = title.toLowerCase();
  return [
    [`${name}-manage`, inProject(`Manage ${title}`, `Makes, changes and deletes ${what} of the project.`, manage)],
    [`${name}-view`, inProject(`View ${title}`, `Sees ${what} of the project.`, view)],
  ];
}
const both = (apiGroup: string, ...resources: string[]): [RoleRule[], RoleRule[]] => [
  [on(['*'], apiGroup, ...resources)],
  [on(reading, apiGroup, ...resources)],
];

const ownProject = hubRule(reading, 'projects', 'projectroletemplatebindings');
const projectStorage = [on(reading, '', 'persistentvolumes'), on(reading, 'storage.k8s.io', 'storageclasses')];
const createNamespaces = on(['create'], '', 'namespaces');

/** The role templates that every hub has. */
export const builtInRoleTemplates: ReadonlyMap<string, BuiltInTemplate> = new Map([
  ['cluster-owner', creatorDefault(inCluster('Cluster Owner', 'Everything in the cluster.', everything))],
  [
    'cluster-member',
    inCluster('Cluster Member', 'Sees the cluster and its nodes, and makes projects.', [
      hubRule(reading, 'clusters', 'clusterroletemplatebindings', 'events'),
      hubRule(['create'], 'projects'),
      on(reading, '', 'nodes', 'persistentvolumes'),
      on(reading, 'storage.k8s.io', 'storageclasses'),
      on(reading, 'metrics.k8s.io', 'nodes'),
    ]),
  ],
  ['projects-create', inCluster('Create Projects', 'Makes projects.', [hubRule(['create'], 'projects')])],
  [
    'projects-view',
    inCluster('View All Projects', 'Sees every project, its namespaces and who is in it.', [
      ownProject,
      on(reading, '', 'namespaces'),
    ]),
  ],
  [
    'nodes-manage',
    inCluster('Manage Nodes', 'Changes and removes nodes.', [
      on(['*'], '', 'nodes'),
      on(reading, 'metrics.k8s.io', 'nodes'),
    ]),
  ],
  [
    'nodes-view',
    inCluster('View Nodes', 'Sees nodes.', [on(reading, '', 'nodes'), on(reading, 'metrics.k8s.io', 'nodes')]),
  ],
  [
    'storage-manage',
    inCluster('Manage Storage', 'Manages volumes and storage classes.', [
      on(['*'], '', 'persistentvolumes', 'persistentvolumeclaims'),
      on(['*'], 'storage.k8s.io', 'storageclasses'),
    ]),
  ],
  [
    'bindings-manage',
    inCluster('Manage Cluster Members', 'Gives and takes roles in the cluster.', [
      hubRule(managing, 'clusterroletemplatebindings'),
    ]),
  ],
  [
    'bindings-view',
    inCluster('View Cluster Members', 'Sees who has which role in the cluster.', [
      hubRule(reading, 'clusterroletemplatebindings'),
    ]),
  ],
  [
    'backups-manage',
    inCluster('Manage Backups', 'Makes, restores and deletes backups of the cluster.', [
      hubRule(managing, 'clusterbackups'),
    ]),
  ],
  ['admin', external('Kubernetes admin', administered)],
  ['edit', external('Kubernetes edit', edited)],
  ['view', external('Kubernetes view', viewed)],
  [
    'project-owner',
    creatorDefault(
      inheriting(
        inProject('Project Owner', 'Everything in the project, and who is in it.', [
          hubRule(managing, 'projectroletemplatebindings'),
          hubRule([...reading, 'update', 'patch', 'delete'], 'projects'),
          createNamespaces,
          ...projectStorage,
        ]),
        'admin',
      ),
    ),
  ],
  [
    'project-member',
    inheriting(
      inProject('Project Member', 'Runs things in the project, and makes namespaces.', [
        ownProject,
        createNamespaces,
        ...projectStorage,
      ]),
      'edit',
    ),
  ],
  [
    'read-only',
    inheriting(inProject('Read Only', 'Sees what is in the project.', [ownProject, ...projectStorage]), 'view'),
  ],
  ['create-ns', inProject('Create Namespaces', 'Makes namespaces in the project.', [createNamespaces])],
  ...pair('workloads', 'Workloads', [...workloads(['*']), sessions, logs], [...workloads(reading), logs]),
  ...pair('ingress', 'Ingress', ...both('networking.k8s.io', 'ingresses')),
  ...pair('services', 'Services', ...both('', 'services', 'endpoints')),
  ...pair('secrets', 'Secrets', ...both('', 'secrets')),
  ...pair('configmaps', 'Config Maps', ...both('', 'configmaps')),
  ...pair('persistentvolumeclaims', 'Volume Claims', ...both('', 'persistentvolumeclaims')),
  ...pair('serviceaccounts', 'Service Accounts', ...both('', 'serviceaccounts')),
  ...pair(
    'project-bindings',
    'Project Members',
    [hubRule(managing, 'projectroletemplatebindings')],
    [hubRule(reading, 'projectroletemplatebindings')],
  ),
]);
