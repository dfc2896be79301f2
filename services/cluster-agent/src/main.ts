import { readFile } from 'node:fs/promises';
import { hostPortText, integer, loadConfig, oneOf, optional, text } from '@drover/config';
import { readJoinFile } from '@drover/contracts';
import { runService } from '@drover/service-kit';
import { createLogger, logLevels } from '@drover/telemetry';
import { openHealthServer } from './health-server.ts';
import { openAgent } from './install/open-agent.ts';

/** How long the kube-apiserver may take to give key and token before the pod is started anew. */
const openTimeoutMs = 30_000;
const port = { minimum: 1, maximum: 65_535 };

const settings = {
  DROVER_JOIN_FILE: text({ description: 'the join file, mounted from the Secret drover-join' }),
  DROVER_HEALTH_PORT: integer({ default: '8081', description: 'the port of /livez and /readyz', ...port }),
  DROVER_LOG_LEVEL: oneOf(logLevels, { default: 'info', description: 'how much is logged' }),
  KUBERNETES_SERVICE_HOST: text({ description: 'set by Kubernetes in every pod' }),
  KUBERNETES_SERVICE_PORT: integer({ description: 'set by Kubernetes in every pod', ...port }),
  HTTPS_PROXY: optional(text({ description: 'an HTTP proxy between agent and hub', secret: true })),
  ALL_PROXY: optional(text({ description: 'the proxy where HTTPS_PROXY names none', secret: true })),
  NO_PROXY: optional(text({ description: 'hosts that are dialled without a proxy' })),
  // curl reads these in lower case first, and so many a pod has them that way.
  https_proxy: optional(text({ description: 'as HTTPS_PROXY', secret: true })),
  all_proxy: optional(text({ description: 'as ALL_PROXY', secret: true })),
  no_proxy: optional(text({ description: 'as NO_PROXY' })),
};

// The agent as a pod of the import manifest. Beside a cluster it is `drover agent`.
const logger = createLogger({ name: 'cluster-agent' });
await runService(logger, async () => {
  const config = loadConfig(settings, process.env);
  logger.level = config.DROVER_LOG_LEVEL;
  const join = readJoinFile(await readFile(config.DROVER_JOIN_FILE, 'utf8'));
  const proxy = {
    httpsProxy: config.HTTPS_PROXY ?? config.https_proxy,
    allProxy: config.ALL_PROXY ?? config.all_proxy,
    noProxy: config.NO_PROXY ?? config.no_proxy,
  };
  await using opening = new AsyncDisposableStack();
  let connected = (): number => 0;
  const health = opening.use(await openHealthServer({ port: config.DROVER_HEALTH_PORT, ready: () => connected() > 0 }));
  const agent = opening.use(
    await openAgent({
      join,
      from: { inCluster: { host: config.KUBERNETES_SERVICE_HOST, port: config.KUBERNETES_SERVICE_PORT } },
      install: false,
      logger,
      signal: AbortSignal.timeout(openTimeoutMs),
      proxy,
    }),
  );
  connected = () => agent.connected();
  const open = opening.move();
  return {
    ready: { cluster: join.cluster.name, health: hostPortText({ host: 'localhost', port: health.port }) },
    close: () => open.disposeAsync(),
  };
});
