import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { JoinFile } from './join-file.ts';
import { adminGroup, originalUserExtra } from './resources.ts';
import { version } from './version.ts';

/** A Kubernetes object as it goes over the wire. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** What an installation of the agent may choose. */
export interface AgentManifestOptions {
  /** The image of every Drover service. */
  readonly image: string;
  /** How many agents; each holds tunnels of its own, so that one may be lost (T25). Default 2. */
  readonly replicas?: number;
  /** More environment for the agent, such as `HTTPS_PROXY`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The names that the manifest and the agent agree on. */
export const agentNames = Object.freeze({
  namespace: 'drover-system',
  /** The Deployment, its own ServiceAccount, and the Secret of the agent's key. */
  agent: 'drover-agent',
  /** The ServiceAccount that carries users' requests: it can impersonate, and nothing else (T3). */
  impersonator: 'drover-impersonator',
  /** The Secret of the join file, and the key in it. */
  joinSecret: 'drover-join',
  joinKey: 'join.json',
  /** The key in the agent's Secret. */
  privateKey: 'private-key.pem',
  /** The Secret of the hub's identity keys that the agents learnt of since they joined (T9), and the key in it. */
  hubKeys: 'drover-hub-keys',
  learntKeys: 'identity-keys.json',
  /** The port of the agent's health checks, on the pod's address. */
  healthPort: 8081,
});

/** uid and gid of the image's user `node`. */
const runAs = 1000;
const joinFolder = '/etc/drover/join';
const { namespace, agent, impersonator } = agentNames;
const labels = Object.freeze({
  'app.kubernetes.io/name': agent,
  'app.kubernetes.io/part-of': 'drover',
  'app.kubernetes.io/managed-by': 'drover',
});
const selector = Object.freeze({ 'app.kubernetes.io/name': agent });
const rbac = 'rbac.authorization.k8s.io';

/**
 * Everything that the agent needs in its cluster before it runs: namespace, ServiceAccounts and their rights, and the
 * binding of the hub's administrators. `drover agent` applies the same objects beside a cluster. Every apiVersion here is
 * served by Kubernetes 1.20 up to 1.35, which is why there is no PodDisruptionBudget (`policy/v1` began with 1.21,
 * `policy/v1beta1` ended with 1.25).
 *
 * @example
 * for (const object of agentAccess(join.hub)) await kube.apply(object, { signal });
 */
export function agentAccess({ userPrefix = 'drover:' }: Pick<JoinFile['hub'], 'userPrefix'> = {}): ManifestObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...labels,
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/audit': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    },
    serviceAccount(agent),
    serviceAccount(impersonator),
    ...impersonatorRights(),
    ...agentRights(),
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'drover-admins', labels },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: `${userPrefix}${adminGroup}` }],
    },
  ];
}

/**
 * The import manifest: {@link agentAccess}, the join file as a Secret, and the Deployment.
 *
 * @example
 * const objects = agentManifest(join, { image: 'registry.example.com/drover:0.1.0' });
 */
export function agentManifest(join: JoinFile, options: AgentManifestOptions): ManifestObject[] {
  const text = `${JSON.stringify(join, null, 2)}\n`;
  return [...agentAccess(join.hub), joinSecret(join, text), deployment(join, text, options)];
}

/** The import manifest as YAML documents, in the order in which `kubectl apply -f -` must see them. */
export function agentManifestYaml(join: JoinFile, options: AgentManifestOptions): string {
  const head = `# Drover ${version}: the agent of cluster ${join.cluster.name}. It holds a secret, the join token.\n`;
  const documents = agentManifest(join, options).map(object =>
    stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return head + documents.map(document => `---\n${document}`).join('');
}

const serviceAccount = (name: string): ManifestObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace, labels },
  // a token is mounted where the pod asks for it, and nowhere else
  automountServiceAccountToken: false,
});

/** For users' traffic. RBAC cannot limit names by prefix, so the agent itself refuses `system:` users and groups. */
const impersonatorRights = (): ManifestObject[] => [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: impersonator, labels },
    rules: [
      { apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'] },
      { apiGroups: ['authentication.k8s.io'], resources: [`userextras/${originalUserExtra}`], verbs: ['impersonate'] },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: impersonator, labels },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: impersonator },
    subjects: [{ kind: 'ServiceAccount', name: impersonator, namespace }],
  },
];

/** For the agent's own work: its key, the impersonator's token, and whether the cluster is well. */
const agentRights = (): ManifestObject[] => [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name: agent, namespace, labels },
    rules: [
      // RBAC knows no name of an object that does not exist yet, so `create` cannot be limited to one
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: [agent], verbs: ['get'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: [agentNames.hubKeys], verbs: ['get', 'patch'] },
      { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [impersonator], verbs: ['create'] },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: agent, namespace, labels },
    roleRef: { apiGroup: rbac, kind: 'Role', name: agent },
    subjects: [{ kind: 'ServiceAccount', name: agent, namespace }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: agent, labels },
    rules: [{ nonResourceURLs: ['/version', '/readyz', '/livez'], verbs: ['get'] }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: agent, labels },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: agent },
    subjects: [{ kind: 'ServiceAccount', name: agent, namespace }],
  },
];

const joinSecret = (join: JoinFile, text: string): ManifestObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: agentNames.joinSecret,
    namespace,
    labels,
    annotations: { 'drover.dev/cluster': join.cluster.name, 'drover.dev/cluster-uid': join.cluster.uid },
  },
  type: 'Opaque',
  data: { [agentNames.joinKey]: Buffer.from(text, 'utf8').toString('base64') },
});

/** The Deployment meets the pod security standard `restricted`. */
function deployment(join: JoinFile, joinText: string, options: AgentManifestOptions): ManifestObject {
  const probe = (path: string, more: object): object => ({
    httpGet: { path, port: 'health' },
    timeoutSeconds: 5,
    ...more,
  });
  const env = {
    DROVER_JOIN_FILE: `${joinFolder}/${agentNames.joinKey}`,
    DROVER_HEALTH_PORT: String(agentNames.healthPort),
    ...options.env,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: agent, namespace, labels: { ...labels, 'app.kubernetes.io/version': version } },
    spec: {
      replicas: options.replicas ?? 2,
      selector: { matchLabels: selector },
      // a new agent is connected before an old one leaves
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels,
          annotations: {
            'drover.dev/cluster-uid': join.cluster.uid,
            // another join file starts new pods
            'drover.dev/join-sha256': createHash('sha256').update(joinText).digest('hex'),
          },
        },
        spec: {
          serviceAccountName: agent,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 30,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: runAs,
            runAsGroup: runAs,
            fsGroup: runAs,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [apart] } },
          containers: [
            {
              name: 'agent',
              image: options.image,
              command: ['node', 'services/cluster-agent/src/main.ts'],
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              ports: [{ name: 'health', containerPort: agentNames.healthPort, protocol: 'TCP' }],
              startupProbe: probe('/livez', { periodSeconds: 2, failureThreshold: 30 }),
              livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
              readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 2 }),
              resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [{ name: 'join', mountPath: joinFolder, readOnly: true }],
            },
          ],
          volumes: [{ name: 'join', secret: { secretName: agentNames.joinSecret, defaultMode: 0o440 } }],
        },
      },
    },
  };
}

/** One node's loss should not take both agents. */
const apart = Object.freeze({
  weight: 100,
  podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: selector } },
});
