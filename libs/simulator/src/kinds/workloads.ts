import type { Column } from '@drover/apiserver';
import { at, column, listAt, mapAt, numberAt, numbers, selectorText, textAt, texts, wide } from './fields.ts';
import { kindsOf, type LooseObject } from './loose-kind.ts';
import { messages } from './messages.ts';

const apps = kindsOf('apps');
const batch = kindsOf('batch');

const wanted = (object: LooseObject): number =>
  at(object, 'spec.replicas') === undefined ? 1 : numberAt(object, 'spec.replicas');
const ready = column('Ready', object => `${numberAt(object, 'status.readyReplicas')}/${wanted(object)}`);
const containers = (object: LooseObject, field: string): string =>
  listAt(object, 'spec.template.spec.containers')
    .map(one => textAt(one, field) ?? '')
    .join(',');
const template: readonly Column<LooseObject>[] = [
  wide('Containers', object => containers(object, 'name')),
  wide('Images', object => containers(object, 'image')),
  wide('Selector', object => selectorText(mapAt(object, 'spec.selector.matchLabels'))),
];

export const deployments = apps({
  kind: 'Deployment',
  plural: 'deployments',
  message: messages.deployment,
  shortNames: ['deploy'],
  all: true,
  description: 'A deployment; its pods are made with it, and nothing rolls out.',
  columns: [
    ready,
    numbers('Up-to-date', 'status.updatedReplicas'),
    numbers('Available', 'status.availableReplicas'),
    ...template,
  ],
});

export const replicaSets = apps({
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  all: true,
  description: 'The pods of a deployment.',
  columns: [
    column('Desired', wanted, { type: 'integer' }),
    numbers('Current', 'status.replicas'),
    numbers('Ready', 'status.readyReplicas'),
    ...template,
  ],
});

export const statefulSets = apps({
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  all: true,
  description: 'Pods with names of their own.',
  columns: [ready, ...template.slice(0, 2)],
});

export const daemonSets = apps({
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  all: true,
  description: 'A pod on every node.',
  columns: [
    numbers('Desired', 'status.desiredNumberScheduled'),
    numbers('Current', 'status.currentNumberScheduled'),
    numbers('Ready', 'status.numberReady'),
    numbers('Up-to-date', 'status.updatedNumberScheduled'),
    numbers('Available', 'status.numberAvailable'),
    column('Node Selector', object => selectorText(mapAt(object, 'spec.template.spec.nodeSelector'))),
    ...template,
  ],
});

export const jobs = batch({
  kind: 'Job',
  plural: 'jobs',
  message: messages.job,
  all: true,
  description: 'Work that ends; here it is kept and never done.',
  columns: [
    texts('Status', 'status.phase', 'Running'),
    column(
      'Completions',
      object => `${numberAt(object, 'status.succeeded')}/${numberAt(object, 'spec.completions') || 1}`,
    ),
    column('Duration', () => ''),
    ...template.slice(0, 2),
  ],
});

export const cronJobs = batch({
  kind: 'CronJob',
  plural: 'cronjobs',
  message: messages.cronJob,
  shortNames: ['cj'],
  all: true,
  description: 'Work at set times; here it is kept and never done.',
  columns: [
    texts('Schedule', 'spec.schedule'),
    texts('Timezone', 'spec.timeZone'),
    column('Suspend', object => (at(object, 'spec.suspend') === true ? 'True' : 'False')),
    column('Active', object => listAt(object, 'status.active').length, { type: 'integer' }),
    column('Last Schedule', () => '<none>'),
  ],
});
