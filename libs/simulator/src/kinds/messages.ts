import { objectMeta, type ProtobufForm, type ProtobufMessage } from '@drover/apiserver';

/**
 * What `kubectl create` and typed clients send as protobuf, by the numbers of Kubernetes' `generated.proto`. What is rare in
 * that is not here (affinity, probes, most volumes): who sends such a field is told to send JSON.
 */

type Field = ProtobufMessage[number];

const text = (name: string): Field => [name, 'string'];
const number = (name: string): Field => [name, 'number'];
const flag = (name: string): Field => [name, 'boolean'];
const texts = (name: string): Field => [name, 'string', 'list'];
const textMap = (name: string): Field => [name, 'string', 'map'];
const list = (name: string, item: ProtobufMessage): Field => [name, item, 'list'];
/** A pointer in Go. */
const given = (name: string, form: 'string' | 'number' | 'boolean'): Field => [name, `${form}?`];
const status: Field = ['status', 'ignored'];

const labelSelector: ProtobufForm = {
  1: textMap('matchLabels'),
  2: list('matchExpressions', { 1: text('key'), 2: text('operator'), 3: texts('values') }),
};
const localReference: ProtobufMessage = { 1: text('name') };
const objectReference: ProtobufMessage = {
  ...{ 1: text('kind'), 2: text('namespace'), 3: text('name'), 4: text('uid') },
  ...{ 5: text('apiVersion'), 6: text('resourceVersion'), 7: text('fieldPath') },
};

const container: ProtobufMessage = {
  ...{ 1: text('name'), 2: text('image'), 3: texts('command'), 4: texts('args'), 5: text('workingDir') },
  6: list('ports', {
    ...{ 1: text('name'), 2: number('hostPort'), 3: number('containerPort'), 4: text('protocol'), 5: text('hostIP') },
  }),
  7: list('env', { 1: text('name'), 2: text('value') }),
  8: ['resources', { 1: ['limits', 'quantity', 'map'], 2: ['requests', 'quantity', 'map'] }],
  9: list('volumeMounts', {
    ...{ 1: text('name'), 2: flag('readOnly'), 3: text('mountPath'), 4: text('subPath') },
  }),
  ...{ 13: text('terminationMessagePath'), 14: text('imagePullPolicy'), 16: flag('stdin') },
  ...{ 17: flag('stdinOnce'), 18: flag('tty'), 20: text('terminationMessagePolicy') },
};

const podSpec: ProtobufMessage = {
  2: list('containers', container),
  ...{ 3: text('restartPolicy'), 4: given('terminationGracePeriodSeconds', 'number') },
  ...{ 5: given('activeDeadlineSeconds', 'number'), 6: text('dnsPolicy'), 7: textMap('nodeSelector') },
  ...{ 8: text('serviceAccountName'), 9: text('serviceAccount'), 10: text('nodeName') },
  ...{ 11: flag('hostNetwork'), 12: flag('hostPID'), 13: flag('hostIPC'), 14: ['securityContext', {}] },
  15: list('imagePullSecrets', localReference),
  ...{ 16: text('hostname'), 17: text('subdomain'), 19: text('schedulerName') },
  20: list('initContainers', container),
  21: given('automountServiceAccountToken', 'boolean'),
  22: list('tolerations', {
    ...{ 1: text('key'), 2: text('operator'), 3: text('value'), 4: text('effect') },
    5: given('tolerationSeconds', 'number'),
  }),
  ...{ 24: text('priorityClassName'), 25: given('priority', 'number'), 30: given('enableServiceLinks', 'boolean') },
};
const template: Field = ['template', { 1: ['metadata', objectMeta], 2: ['spec', podSpec] }];

const jobSpec: ProtobufMessage = {
  ...{ 1: given('parallelism', 'number'), 2: given('completions', 'number') },
  ...{ 3: given('activeDeadlineSeconds', 'number'), 4: ['selector', labelSelector] },
  ...{ 5: given('manualSelector', 'boolean'), 6: template, 7: given('backoffLimit', 'number') },
  ...{ 8: given('ttlSecondsAfterFinished', 'number'), 9: given('completionMode', 'string') },
  10: given('suspend', 'boolean'),
};

const rules: Field = list('rules', {
  ...{ 1: texts('verbs'), 2: texts('apiGroups'), 3: texts('resources') },
  ...{ 4: texts('resourceNames'), 5: texts('nonResourceURLs') },
});

/** The fields of each kind beside its metadata. */
export const messages = {
  namespace: { 2: ['spec', { 1: texts('finalizers') }], 3: status },
  pod: { 2: ['spec', podSpec], 3: status },
  service: {
    2: [
      'spec',
      {
        1: list('ports', {
          ...{ 1: text('name'), 2: text('protocol'), 3: number('port'), 4: ['targetPort', 'intOrString'] },
          ...{ 5: number('nodePort'), 6: given('appProtocol', 'string') },
        }),
        ...{ 2: textMap('selector'), 3: text('clusterIP'), 4: text('type'), 5: texts('externalIPs') },
        ...{ 7: text('sessionAffinity'), 8: text('loadBalancerIP'), 9: texts('loadBalancerSourceRanges') },
        ...{ 10: text('externalName'), 11: text('externalTrafficPolicy'), 12: number('healthCheckNodePort') },
        ...{ 13: flag('publishNotReadyAddresses'), 17: given('ipFamilyPolicy', 'string'), 18: texts('clusterIPs') },
        ...{ 19: texts('ipFamilies'), 22: given('internalTrafficPolicy', 'string') },
      },
    ],
    3: status,
  },
  configMap: { 2: textMap('data'), 3: ['binaryData', 'bytes', 'map'], 4: given('immutable', 'boolean') },
  secret: {
    ...{ 2: ['data', 'bytes', 'map'], 3: text('type'), 4: textMap('stringData'), 5: given('immutable', 'boolean') },
  },
  serviceAccount: {
    2: list('secrets', objectReference),
    3: list('imagePullSecrets', localReference),
    4: given('automountServiceAccountToken', 'boolean'),
  },
  deployment: {
    2: [
      'spec',
      {
        ...{ 1: given('replicas', 'number'), 2: ['selector', labelSelector], 3: template },
        4: [
          'strategy',
          {
            1: text('type'),
            2: ['rollingUpdate', { 1: ['maxUnavailable', 'intOrString'], 2: ['maxSurge', 'intOrString'] }],
          },
        ],
        ...{ 5: number('minReadySeconds'), 6: given('revisionHistoryLimit', 'number'), 7: flag('paused') },
        9: given('progressDeadlineSeconds', 'number'),
      },
    ],
    3: status,
  },
  job: { 2: ['spec', jobSpec], 3: status },
  cronJob: {
    2: [
      'spec',
      {
        ...{ 1: text('schedule'), 2: given('startingDeadlineSeconds', 'number'), 3: text('concurrencyPolicy') },
        ...{
          4: given('suspend', 'boolean'),
          5: ['jobTemplate', { 1: ['metadata', objectMeta], 2: ['spec', jobSpec] }],
        },
        ...{ 6: given('successfulJobsHistoryLimit', 'number'), 7: given('failedJobsHistoryLimit', 'number') },
        8: given('timeZone', 'string'),
      },
    ],
    3: status,
  },
  clusterRole: { 2: rules, 3: ['aggregationRule', { 1: ['clusterRoleSelectors', labelSelector, 'list'] }] },
  binding: {
    2: list('subjects', { 1: text('kind'), 2: text('apiGroup'), 3: text('name'), 4: text('namespace') }),
    3: ['roleRef', { 1: text('apiGroup'), 2: text('kind'), 3: text('name') }],
  },
} as const satisfies Readonly<Record<string, ProtobufMessage>>;
