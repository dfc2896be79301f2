/**
 * The set-up of a hub of containers (docker-compose.yml, k8s/drover). It is safe to run again: what is there is kept.
 *
 *   node libs/local-stack/src/setup.ts folders   makes CA, keys and credentials; a folder for each service
 *   node libs/local-stack/src/setup.ts secrets   the same in a pod; a Secret for each service
 *   node libs/local-stack/src/setup.ts streams   makes the streams and buckets in NATS, which alone has the right to
 */
import { connectBus, ensureHubStreams } from '@drover/bus';
import { integer, loadConfig, optional, text, textList, url } from '@drover/config';
import { DroverError } from '@drover/errors';
import { kubeClient } from '@drover/kube';
import { createLogger } from '@drover/telemetry';
import { writeBundleFolders } from './deployment/bundle-folders.ts';
import { restoreDataFolder, saveDataFolder, writeBundleSecrets } from './deployment/bundle-secrets.ts';
import { ensureDeployment, type Rotations } from './deployment/deployment-state.ts';
import { serviceBundles } from './deployment/service-bundles.ts';

/** All of a set-up; NATS may need a while to load a large store. */
const deadlineMs = 240_000;

const made = {
  DROVER_DATA_DIR: text({ description: 'where CA, keys and credentials are kept' }),
  DROVER_SERVER_NAMES: textList({
    description: 'names and addresses of the hub for its certificate',
    default: 'localhost',
  }),
  DROVER_REDIS_URL: url({ description: 'the Redis server', secret: true }),
  DROVER_ROTATE_IDENTITY: optional(text({ description: 'another word than the last one rotates the identity keys' })),
  DROVER_ROTATE_SESSION: optional(text({ description: 'another word than the last one rotates the session keys' })),
};

const rotationsOf = (config: { DROVER_ROTATE_IDENTITY?: string; DROVER_ROTATE_SESSION?: string }): Rotations => ({
  identity: config.DROVER_ROTATE_IDENTITY,
  session: config.DROVER_ROTATE_SESSION,
});

async function folders(): Promise<void> {
  const settings = { ...made, DROVER_SECRETS_FOLDER: text({ description: 'where each service gets its folder' }) };
  const config = loadConfig(settings, process.env);
  const deployment = await ensureDeployment(config.DROVER_DATA_DIR, config.DROVER_SERVER_NAMES, rotationsOf(config));
  await writeBundleFolders(config.DROVER_SECRETS_FOLDER, serviceBundles(deployment, config.DROVER_REDIS_URL));
}

async function secrets(signal: AbortSignal): Promise<void> {
  const port = { minimum: 1, maximum: 65_535, description: 'set by Kubernetes in every pod' };
  const config = loadConfig(
    {
      ...made,
      DROVER_SECRETS_NAMESPACE: text({ description: 'the namespace of the release' }),
      DROVER_SECRETS_PREFIX: text({ description: 'what stands before the names of Secrets' }),
      KUBERNETES_SERVICE_HOST: text({ description: 'set by Kubernetes in every pod' }),
      KUBERNETES_SERVICE_PORT: integer(port),
    },
    process.env,
  );
  const inCluster = { host: config.KUBERNETES_SERVICE_HOST, port: config.KUBERNETES_SERVICE_PORT };
  await using kube = kubeClient({ inCluster });
  const place = { kube, namespace: config.DROVER_SECRETS_NAMESPACE, prefix: config.DROVER_SECRETS_PREFIX, signal };
  await restoreDataFolder(config.DROVER_DATA_DIR, place);
  const deployment = await ensureDeployment(config.DROVER_DATA_DIR, config.DROVER_SERVER_NAMES, rotationsOf(config));
  await saveDataFolder(config.DROVER_DATA_DIR, place);
  await writeBundleSecrets(serviceBundles(deployment, config.DROVER_REDIS_URL), place);
}

async function streams(signal: AbortSignal): Promise<void> {
  const config = loadConfig(
    {
      DROVER_NATS_URL: url({ description: 'the NATS server', secret: true }),
      DROVER_NATS_CREDS: text({ description: 'the file with the set-up’s NATS credentials' }),
    },
    process.env,
  );
  // it waits for NATS as long as the deadline lets it
  await using bus = await connectBus({
    url: config.DROVER_NATS_URL,
    credsFile: config.DROVER_NATS_CREDS,
    name: 'setup',
    signal,
  });
  await ensureHubStreams(bus);
}

const logger = createLogger({ name: 'setup' });
const commands: Readonly<Record<string, (signal: AbortSignal) => Promise<void>>> = { folders, secrets, streams };
const [name = ''] = process.argv.slice(2);
const command = commands[name];
try {
  if (command === undefined) {
    throw new DroverError('bad-request', `setup ${name}: say one of ${Object.keys(commands).join(', ')}`);
  }
  await command(AbortSignal.timeout(deadlineMs));
  logger.info({ command: name }, 'done');
} catch (error) {
  const { code, message } = DroverError.from(error);
  logger.fatal({ err: error, code }, `the set-up failed: ${message}`);
  process.exitCode = 1;
}
