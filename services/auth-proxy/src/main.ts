import { readFileSync } from 'node:fs';
import { connectBus } from '@drover/bus';
import { durationMs, hostPort, loadConfig, text, url } from '@drover/config';
import { readPublishedKeys, readSigningKey } from '@drover/identity';
import { FollowedFile, openFrontDoor, runService } from '@drover/service-kit';
import { connectSessions } from '@drover/sessions';
import { createLogger, type LogLevel } from '@drover/telemetry';
import { GatewayPool } from './adapters/gateway-pool.ts';
import { remoteHubApi } from './adapters/remote-hub-api.ts';
import { hubApiPrefixes, startAuthProxy } from './app.ts';

const file = (path: string): string => readFileSync(path, 'utf8');
const logger = createLogger({ name: 'auth-proxy', level: (process.env['DROVER_LOG_LEVEL'] ?? 'info') as LogLevel });

await runService(logger, async () => {
  const config = loadConfig(
    {
      DROVER_NATS_URL: url({ description: 'the NATS server', secret: true }),
      DROVER_NATS_CREDS: text({ description: 'the file with this service’s NATS credentials' }),
      DROVER_REDIS_URL: url({ description: 'the Redis server', secret: true }),
      DROVER_DATA_DIR: text({ description: 'the folder of this service’s audit spool' }),
      DROVER_LISTEN: hostPort({ description: 'where the front door listens', default: '127.0.0.1:8443' }),
      DROVER_TLS_CERT: text({ description: 'the server certificate, PEM file' }),
      DROVER_TLS_KEY: text({ description: 'its key, PEM file' }),
      DROVER_IDENTITY_KEY: text({ description: 'the private key that signs identity assertions, JSON file' }),
      DROVER_SESSION_JWKS: text({ description: 'the public keys of sessions’ credentials, JWKS file' }),
      DROVER_HUB_ID: text({ description: 'the hub’s identity, which they name' }),
      DROVER_FLEET_API: url({ description: 'where fleet-api listens' }),
      DROVER_INTERNAL_CA: text({ description: 'the hub’s internal CA, PEM file' }),
      DROVER_INTERNAL_CERT: text({ description: 'this service’s certificate of it, PEM file' }),
      DROVER_INTERNAL_KEY: text({ description: 'its key, PEM file' }),
      DROVER_USER_PREFIX: text({ description: 'what stands before hub names in clusters', default: 'drover:' }),
      DROVER_AUTHORIZATION_STALE_MS: durationMs({
        description: 'silence of the store after which access is refused',
        default: '300000',
      }),
    },
    process.env,
  );
  const tls = {
    ca: file(config.DROVER_INTERNAL_CA),
    cert: file(config.DROVER_INTERNAL_CERT),
    key: file(config.DROVER_INTERNAL_KEY),
  };
  const bus = await connectBus({
    url: config.DROVER_NATS_URL,
    credsFile: config.DROVER_NATS_CREDS,
    name: 'auth-proxy',
  });
  const sessions = connectSessions({ url: config.DROVER_REDIS_URL });
  const gateways = new GatewayPool({ bus, sessions, tls, logger });
  const hubApi = remoteHubApi(config.DROVER_FLEET_API, tls);
  const keyFile = config.DROVER_IDENTITY_KEY;
  const signingKey = await FollowedFile.open({
    path: keyFile,
    read: written => readSigningKey(written, keyFile),
    logger,
  });
  const sessionJwksFile = config.DROVER_SESSION_JWKS;
  const sessionKeys = await FollowedFile.open({
    path: sessionJwksFile,
    read: written => readPublishedKeys(written, sessionJwksFile),
    logger,
  });
  const proxy = await startAuthProxy({
    bus,
    dialer: gateways,
    hubApi,
    hubId: config.DROVER_HUB_ID,
    signingKey: () => signingKey.current,
    sessionKeys: () => sessionKeys.current,
    dataDir: config.DROVER_DATA_DIR,
    logger,
    userPrefix: config.DROVER_USER_PREFIX,
    authorizationStaleMs: config.DROVER_AUTHORIZATION_STALE_MS,
  });
  const door = await openFrontDoor({
    ...config.DROVER_LISTEN,
    cert: file(config.DROVER_TLS_CERT),
    key: file(config.DROVER_TLS_KEY),
    onRefused: proxy.onRefused,
  });
  door.mount('/k8s/clusters', proxy.clusters);
  for (const prefix of hubApiPrefixes) door.mount(prefix, proxy.hubApi);
  door.mount('/', proxy.hub);
  return {
    ready: { listen: `${door.host}:${door.port}` },
    close: async () => {
      const closed = door.close();
      await signingKey.close();
      await sessionKeys.close();
      await proxy.close();
      await closed;
      hubApi.close();
      await gateways.close();
      await sessions.close();
      await bus.close();
    },
  };
});
