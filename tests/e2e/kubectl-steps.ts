import { run } from '@drover/testing';
import { sessionSteps } from './session-steps.ts';
import { kubectlEnv, type Step, type StepContext } from './step.ts';

const container = { name: 'main', image: 'testbed.local/busybox:1', imagePullPolicy: 'Never' };
const pod = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 0, restartPolicy: 'Never', ...spec },
});

/** A pod that serves a page, one that says five lines, one that echoes, and a deployment. */
const workloads = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    pod('work', {
      containers: [
        {
          ...container,
          command: ['sh', '-c', 'mkdir /www; head -c 1000000 /dev/zero > /www/index.html; httpd -f -p 8080 -h /www'],
        },
      ],
    }),
    pod('teller', {
      containers: [{ ...container, command: ['sh', '-c', 'for i in 1 2 3 4 5; do echo "line $i"; done; sleep 3600'] }],
    }),
    pod('echoer', { containers: [{ ...container, stdin: true, stdinOnce: true, command: ['cat'] }] }),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { terminationGracePeriodSeconds: 0, containers: [{ ...container, command: ['sleep', '3600'] }] },
        },
      },
    },
  ],
});

const settings = (data: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data });

/** Commands that run to their end, in this order; with what goes to their standard input. */
const commands: readonly (readonly [commandLine: string, input?: string])[] = [
  ['version'],
  ['api-versions'],
  ['api-resources'],
  ['explain pod.spec.containers.image'],
  ['create namespace $NS'],
  ['get serviceaccounts --field-selector metadata.name=nothing'],
  ['apply -f -', workloads],
  ['apply -f -', settings({ colour: 'red' })],
  ['apply -f -', settings({ colour: 'red' })],
  ['diff -f -', settings({ colour: 'blue' })],
  ['apply -f -', settings({ colour: 'blue' })],
  ['apply --server-side --force-conflicts -f -', settings({ colour: 'green' })],
  ['create -f -', settings({})],
  ['patch configmap settings -p {"data":{"shape":"round"}}'],
  ['patch configmap settings --type=json -p [{"op":"remove","path":"/data/shape"}]'],
  ['label configmap settings tier=one'],
  ['annotate configmap settings note=two'],
  ['get configmap settings -o yaml --show-managed-fields=false'],
  ['get configmaps -l tier=one -o jsonpath={.items[*].data.colour}'],
  ['replace -f -', settings({ colour: 'white' })],
  ['wait --for=condition=Ready pod/work pod/teller pod/echoer --timeout=90s'],
  ['wait --for=condition=Available deployment/web --timeout=90s'],
  ['rollout status deployment/web --timeout=90s'],
  ['get pods,deployments -o wide'],
  ['get pod work -o json'],
  ['describe pod work'],
  ['describe configmap settings'],
  ['scale deployment/web --replicas=0'],
  ['wait --for=delete pod -l app=web --timeout=60s'],
  ['expose deployment web --port=80'],
  ['get service web -o jsonpath={.spec.ports[0].port}'],
  ['auth can-i create pods'],
  ['auth can-i create pods --as=somebody --as-group=nobody'],
  ['top pod'],
  ['top node'],
  ['get pod missing'],
  ['get nonsense'],
  ['create configmap UPPER'],
  ['delete configmap missing'],
  ['logs teller'],
  ['logs teller --tail=2 --timestamps=false'],
  ['logs missing'],
  ['get events --field-selector reason=Nothing'],
  ['get nodes -o name'],
];

/** What the cluster refuses, what is not there, and what says by its exit code that there is a difference. */
const failing: ReadonlySet<string> = new Set([
  'diff -f -',
  'create -f -',
  'auth can-i create pods --as=somebody --as-group=nobody',
  'top pod',
  'top node',
  'get pod missing',
  'get nonsense',
  'create configmap UPPER',
  'delete configmap missing',
  'logs missing',
]);

/** kubectl's plain commands; `$NS` is the namespace. */
function commandStep([commandLine, input]: readonly [string, string?]): Step {
  return {
    name: `kubectl ${commandLine}`,
    code: failing.has(commandLine) ? 1 : 0,
    run: context => {
      const args = commandLine.split(' ').map(word => (word === '$NS' ? context.namespace : word));
      return run(context.kubectl, ['--namespace', context.namespace, ...args], {
        env: kubectlEnv(context),
        timeoutMs: 120_000,
        ...(input === undefined ? {} : { input }),
      });
    },
  };
}

/** Everything, ending with what deletes it. */
export const steps: readonly Step[] = [
  ...commands.map(commandStep),
  ...sessionSteps,
  ...[
    'delete configmap settings',
    'delete pod work teller --wait=false',
    'delete pods,deployments,services,configmaps --selector app=nothing',
    'delete namespace $NS --wait=false',
  ].map(commandLine => commandStep([commandLine])),
];

/** What differs between two runs of the same command against the same cluster, whoever carries it. */
export function mask(text: string, { server, namespace }: Pick<StepContext, 'server' | 'namespace'>): string {
  return text
    .replaceAll(server, 'SERVER')
    .replaceAll(namespace, 'NS')
    .replace(/\nEvents:[\s\S]*/, '\nEvents: …')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d{4})?/g, 'TIME')
    .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} [+-]\d{4}/g, 'TIME')
    .replace(/("?resourceVersion"?: ?)"\d+"/g, '$1RV')
    .replace(/10\.(244|96)(\.\d+){2}/g, 'IP')
    .replace(/containerd:\/\/[0-9a-f]+/g, 'CONTAINER')
    .replace(/\b(web-[0-9a-f]{6,10})-[0-9a-z]{5}\b/g, '$1-POD')
    .replace(/\bdefault-token-[0-9a-z]{5}\b/g, 'SERVICE-ACCOUNT-TOKEN')
    .replace(/\/tmp\/(LIVE|MERGED)-\d+/g, '/tmp/$1-N')
    .replace(/\b\d+(ms|s|m|h)(\d+s)?\b/g, 'AGE')
    .replace(/^.*Waited for .* due to .*throttling.*\n/gm, '')
    .replace(/ {2,}/g, ' ');
}
