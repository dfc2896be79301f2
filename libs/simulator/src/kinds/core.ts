import { ageOf, allVerbs, namespacesWith } from '@drover/apiserver';
import { column, listAt, mapAt, numberAt, numbers, selectorText, textAt, texts, wide } from './fields.ts';
import { kindsOf, type LooseObject, withMetadata } from './loose-kind.ts';
import { messages } from './messages.ts';

const core = kindsOf('');

export const namespaces = { ...namespacesWith(allVerbs), protobuf: withMetadata(messages.namespace) };

const rolePrefix = 'node-role.kubernetes.io/';
const isReady = (object: LooseObject): boolean =>
  listAt(object, 'status.conditions').some(one => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True');
const addressOf = (node: LooseObject, type: string): string =>
  listAt(node, 'status.addresses')
    .filter(one => textAt(one, 'type') === type)
    .map(one => textAt(one, 'address'))[0] ?? '<none>';

export const nodes = core({
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  description: 'A simulated node: no machine, and no kubelet.',
  selectable: ['spec.unschedulable'],
  columns: [
    column('Status', node => {
      const status = isReady(node) ? 'Ready' : 'NotReady';
      return mapAt(node, 'spec')['unschedulable'] === true ? `${status},SchedulingDisabled` : status;
    }),
    column('Roles', node => {
      const roles = Object.keys(node.metadata.labels ?? {}).filter(name => name.startsWith(rolePrefix));
      return roles.map(name => name.slice(rolePrefix.length)).join(',') || '<none>';
    }),
    texts('Version', 'status.nodeInfo.kubeletVersion', ''),
    wide('Internal-IP', node => addressOf(node, 'InternalIP')),
    wide('External-IP', node => addressOf(node, 'ExternalIP')),
    wide('OS-Image', node => textAt(node, 'status.nodeInfo.osImage') ?? '<unknown>'),
    wide('Kernel-Version', node => textAt(node, 'status.nodeInfo.kernelVersion') ?? '<unknown>'),
    wide('Container-Runtime', node => textAt(node, 'status.nodeInfo.containerRuntimeVersion') ?? '<unknown>'),
  ],
});

const readyOf = (pod: LooseObject): number =>
  listAt(pod, 'status.containerStatuses').filter(one => mapAt({ one }, 'one')['ready'] === true).length;

export const pods = core({
  kind: 'Pod',
  plural: 'pods',
  message: messages.pod,
  shortNames: ['po'],
  all: true,
  description: 'A simulated pod: it is kept and listed, and no container runs.',
  selectable: ['spec.nodeName', 'spec.serviceAccountName', 'status.phase'],
  columns: [
    column('Ready', pod => `${readyOf(pod)}/${listAt(pod, 'spec.containers').length}`),
    column('Status', pod =>
      pod.metadata.deletionTimestamp === undefined ? (textAt(pod, 'status.phase') ?? 'Pending') : 'Terminating',
    ),
    column('Restarts', pod =>
      String(
        listAt(pod, 'status.containerStatuses').reduce<number>((sum, one) => sum + numberAt(one, 'restartCount'), 0),
      ),
    ),
    wide('IP', pod => textAt(pod, 'status.podIP') ?? '<none>'),
    wide('Node', pod => textAt(pod, 'spec.nodeName') ?? '<none>'),
    wide('Nominated Node', () => '<none>'),
    wide('Readiness Gates', () => '<none>'),
  ],
});

const portsOf = (service: LooseObject): string =>
  listAt(service, 'spec.ports')
    .map(port => {
      const nodePort = numberAt(port, 'nodePort');
      const number = numberAt(port, 'port');
      return `${number}${nodePort === 0 ? '' : `:${nodePort}`}/${textAt(port, 'protocol') ?? 'TCP'}`;
    })
    .join(',') || '<none>';

export const services = core({
  kind: 'Service',
  plural: 'services',
  message: messages.service,
  shortNames: ['svc'],
  all: true,
  description: 'A service; nothing listens behind it.',
  columns: [
    texts('Type', 'spec.type', 'ClusterIP'),
    texts('Cluster-IP', 'spec.clusterIP'),
    column('External-IP', () => '<none>'),
    column('Port(s)', portsOf),
    wide('Selector', service => selectorText(mapAt(service, 'spec.selector'))),
  ],
});

const keys = (...fields: string[]) =>
  column('Data', object => fields.reduce((sum, field) => sum + Object.keys(mapAt(object, field)).length, 0), {
    type: 'integer',
  });

export const configMaps = core({
  kind: 'ConfigMap',
  plural: 'configmaps',
  message: messages.configMap,
  shortNames: ['cm'],
  description: 'Settings.',
  fields: ['data', 'binaryData', 'immutable'],
  columns: [keys('data', 'binaryData')],
});

export const secrets = core({
  kind: 'Secret',
  plural: 'secrets',
  message: messages.secret,
  description: 'Secrets; in memory only, as everything in a simulated cluster.',
  fields: ['data', 'stringData', 'immutable', 'type'],
  selectable: ['type'],
  columns: [texts('Type', 'type', 'Opaque'), keys('data')],
});

export const serviceAccounts = core({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  message: messages.serviceAccount,
  shortNames: ['sa'],
  description: 'An account of programs; it has no token.',
  fields: ['secrets', 'imagePullSecrets', 'automountServiceAccountToken'],
  columns: [column('Secrets', account => listAt(account, 'secrets').length, { type: 'integer' })],
});

export const persistentVolumeClaims = core({
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  description: 'A claim of storage, which stays unbound.',
  columns: [
    texts('Status', 'status.phase', 'Pending'),
    texts('Volume', 'spec.volumeName', ''),
    texts('StorageClass', 'spec.storageClassName', ''),
  ],
});

export const events = core({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  description: 'Something that happened.',
  fields: [
    ...(['involvedObject', 'reason', 'message', 'source', 'count', 'type', 'firstTimestamp', 'lastTimestamp'] as const),
    ...(['eventTime', 'reportingComponent', 'reportingInstance', 'action', 'related', 'series'] as const),
  ],
  selectable: [
    ...['involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid'],
    ...['involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath'],
    ...['reason', 'type', 'reportingComponent'],
  ],
  columns: [
    column('Last Seen', (event, nowMs) => ageOf(textAt(event, 'lastTimestamp') ?? textAt(event, 'eventTime'), nowMs)),
    texts('Type', 'type', ''),
    texts('Reason', 'reason', ''),
    column(
      'Object',
      event =>
        `${(textAt(event, 'involvedObject.kind') ?? '').toLowerCase()}/${textAt(event, 'involvedObject.name') ?? ''}`,
    ),
    texts('Message', 'message', ''),
    { ...numbers('Count', 'count'), priority: 1 },
  ],
});
