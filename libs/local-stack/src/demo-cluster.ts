import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { pause } from '@drover/async';
import { readJoinFile } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { newAgentKey } from '@drover/identity';
import { type Simulation, startSimulation } from '@drover/simulator';
import { createLogger, type LogLevel } from '@drover/telemetry';
import { issueCertificate, type KeyedCertificate } from './certificate.ts';
import { callHub } from './hub-client.ts';
import { readText, writeSecret } from './secret-files.ts';

/** The simulated cluster of `npm start -- --demo`. */
export const demoCluster = 'demo';

export interface DemoOptions {
  readonly dataDir: string;
  /** Where this process reaches the hub. */
  readonly url: string;
  /** PEM */
  readonly ca: string;
  readonly logLevel: LogLevel;
  readonly signal: AbortSignal;
}

const certificateDays = 397;
const pollMs = 25;
/** An agent connects in milliseconds; one whose key is not accepted never does. */
const connectTimeoutMs = 10_000;

/** A certificate for {@link startSimulation}; it lives as long as the process. */
export const simulationCertificate = (): KeyedCertificate =>
  issueCertificate({
    commonName: 'Drover simulated cluster',
    names: ['127.0.0.1'],
    days: certificateDays,
    nowMs: Date.now(),
    use: 'server',
  });

/**
 * Joins the simulated cluster to the hub as its administrator would, and waits for its tunnel. Its agent's key is kept, so
 * that later starts join it again.
 *
 * @throws DroverError `config-invalid` where the administrator's token is gone, or the hub knows another cluster `demo`
 */
export async function startDemoCluster({ dataDir, url, ca, logLevel, signal }: DemoOptions): Promise<Simulation> {
  const kubeconfigFile = join(dataDir, 'admin.kubeconfig');
  const token = /^ +token: (drv_\S+)$/m.exec((await readText(kubeconfigFile)) ?? '')?.[1];
  if (token === undefined) throw unusable(`${kubeconfigFile} holds no token`);
  const path = `/v1/clusters/${demoCluster}/join`;
  const answer = await callHub({ url, ca, path, method: 'POST', token, body: {}, signal });
  if (answer.status >= 300) throw unusable(`the hub answers ${answer.status} to the token in ${kubeconfigFile}`);
  const offer: unknown = typeof answer.body === 'object' && answer.body ? Reflect.get(answer.body, 'join') : undefined;
  await using opening = new AsyncDisposableStack();
  const logger = createLogger({ name: 'demo', level: logLevel });
  const simulation = opening.use(await startSimulation({ certificate: simulationCertificate(), logger }));
  simulation.join(readJoinFile(JSON.stringify(offer ?? null)), {
    key: await agentKey(join(dataDir, 'demo-agent.key')),
  });
  const deadline = AbortSignal.timeout(connectTimeoutMs);
  while (simulation.connected() === 0) {
    if (deadline.aborted) {
      throw unusable(
        `its agent is not let in: the hub knows another cluster ${demoCluster}; delete that with kubectl first`,
      );
    }
    await pause(pollMs, signal);
  }
  opening.move();
  return simulation;
}

async function agentKey(path: string): Promise<KeyObject> {
  const kept = await readText(path);
  if (kept !== undefined) return createPrivateKey(kept);
  const key = newAgentKey();
  await writeSecret(path, key.export({ format: 'pem', type: 'pkcs8' }));
  return key;
}

const unusable = (why: string): DroverError =>
  new DroverError('config-invalid', `the simulated cluster ${demoCluster} cannot join: ${why}`);
