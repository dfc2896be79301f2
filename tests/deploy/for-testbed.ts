import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';

/** The part of a pod that the testbed needs changed. */
interface Pod {
  hostNetwork?: boolean;
  containers: { imagePullPolicy?: string; env: { name: string; value: string }[]; ports?: object[] }[];
}

/** The first port of the agents' health checks here. */
const healthPort = 8081;

const listOf = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
const objectsOf = (manifest: string) =>
  parseAllDocuments(manifest)
    .map(document => document.toJS())
    .filter(object => object !== null);

/**
 * What the testbed's node needs and no other cluster: images are not pulled, and the only way to kube-apiserver and hub is
 * loopback.
 */
function adapt(pod: Pod, apiPort: number, env: Readonly<Record<string, string>> = {}): void {
  pod.hostNetwork = true;
  const added = { ...env, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(apiPort) };
  for (const container of pod.containers) {
    container.imagePullPolicy = 'Never';
    container.env = [
      ...container.env.filter(({ name }) => !(name in added)),
      ...Object.entries(added).map(([name, value]) => ({ name, value })),
    ];
  }
}

/**
 * The import manifest for the testbed's node. Pods of the host's network share its ports, so each of the two replicas is a
 * Deployment (`drover-agent-0`, `-1`) with a health port of its own.
 */
export function agentsForTestbed(manifest: string, apiPort: number): string {
  const objects = objectsOf(manifest);
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  assert.equal(deployment.spec.replicas, 2);
  const replica = (index: number): object => {
    const copy = structuredClone(deployment);
    const labels = { 'app.kubernetes.io/name': 'drover-agent', replica: String(index) };
    const port = healthPort + index;
    copy.metadata.name = `drover-agent-${index}`;
    copy.spec = { ...copy.spec, replicas: 1, selector: { matchLabels: labels } };
    copy.spec.template.metadata.labels = labels;
    adapt(copy.spec.template.spec, apiPort, { DROVER_HEALTH_PORT: String(port) });
    copy.spec.template.spec.containers[0].ports = [{ name: 'health', containerPort: port }];
    return copy;
  };
  return listOf([...objects.filter(({ kind }) => kind !== 'Deployment'), replica(0), replica(1)]);
}

/** The chart's set-up alone (ServiceAccount, Role, binding, Job) for the testbed's node. */
export function setUpForTestbed(rendered: string, apiPort: number): string {
  const objects = objectsOf(rendered).filter(({ metadata }) => metadata.name === 'hub-setup');
  const job = objects.find(({ kind }) => kind === 'Job');
  adapt(job.spec.template.spec, apiPort);
  return listOf(objects);
}
