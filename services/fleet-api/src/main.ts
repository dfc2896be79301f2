import { readFileSync } from 'node:fs';
import { connectBus } from '@drover/bus';
import { hostPort, hostPortText, loadConfig, oneOf, optional, text, textList, url } from '@drover/config';
import { readPublishedKeys, readSigningKey, SecretRing } from '@drover/identity';
import { FollowedFile, listenInternal, runService } from '@drover/service-kit';
import { connectSessions } from '@drover/sessions';
import { createLogger, logLevels } from '@drover/telemetry';
import { startFleetApi } from './app.ts';

const settings = {
  DROVER_LOG_LEVEL: oneOf(logLevels, { default: 'info', description: 'how much is logged' }),
  DROVER_NATS_URL: url({ description: 'the NATS server', secret: true }),
  DROVER_NATS_CREDS: text({ description: 'the file with this service’s NATS credentials' }),
  DROVER_REDIS_URL: url({ description: 'the Redis server', secret: true }),
  DROVER_LISTEN: hostPort({ description: 'where auth-proxies connect', default: '127.0.0.1:0' }),
  DROVER_INTERNAL_CA: text({ description: 'the hub’s internal CA, PEM file' }),
  DROVER_INTERNAL_CERT: text({ description: 'this service’s certificate of it, PEM file' }),
  DROVER_INTERNAL_KEY: text({ description: 'its key, PEM file' }),
  DROVER_HUB_ID: text({ description: 'the hub’s identity, which agents sign' }),
  DROVER_PUBLIC_URL: url({ description: 'the front door as people write it' }),
  DROVER_TUNNEL_URLS: textList({ description: 'where agents dial' }),
  DROVER_TLS_CERT: text({
    description: 'the front door’s certificate, PEM file; its key is pinned by import commands',
  }),
  DROVER_CA: text({ description: 'the CA of that certificate, PEM file' }),
  DROVER_IDENTITY_JWKS: text({ description: 'the public keys of identity assertions, JWKS file' }),
  DROVER_SECRET_KEYS: text({ description: 'the keys that open secrets of identity providers, JWKS file' }),
  DROVER_SESSION_KEY: text({ description: 'the private key of login sessions’ credentials, JSON file' }),
  DROVER_SESSION_JWKS: text({ description: 'the public keys of login sessions’ credentials, JWKS file' }),
  DROVER_AGENT_IMAGE: text({ description: 'the image of the agent in import manifests' }),
  DROVER_USER_PREFIX: text({ description: 'what stands before hub names in clusters', default: 'drover:' }),
  DROVER_NATS_DURABILITY: optional(
    oneOf(['synced', 'two-minutes', 'unknown'], {
      description: 'what acknowledged writes survive, as NATS is configured',
    }),
  ),
  DROVER_ADMIN_PASSWORD_FILE: optional(text({ description: 'the password of the first administrator, used once' })),
};
const logger = createLogger({ name: 'fleet-api' });
const read = (path: string): string => readFileSync(path, 'utf8');

await runService(logger, async () => {
  const config = loadConfig(settings, process.env);
  logger.level = config.DROVER_LOG_LEVEL;
  await using opened = new AsyncDisposableStack();
  const bus = opened.use(
    await connectBus({ url: config.DROVER_NATS_URL, credsFile: config.DROVER_NATS_CREDS, name: 'fleet-api' }),
  );
  const sessions = opened.use(connectSessions({ url: config.DROVER_REDIS_URL, name: 'fleet-api' }));
  const follow = async <T>(path: string, read: (text: string, from: string) => T): Promise<FollowedFile<T>> =>
    opened.use(await FollowedFile.open({ path, read: written => read(written, path), logger }));
  const identityKeys = await follow(config.DROVER_IDENTITY_JWKS, readPublishedKeys);
  const sessionKeys = await follow(config.DROVER_SESSION_JWKS, readPublishedKeys);
  const sessionKey = await follow(config.DROVER_SESSION_KEY, readSigningKey);
  const secrets = SecretRing.read(read(config.DROVER_SECRET_KEYS));
  await follow(config.DROVER_SECRET_KEYS, text => secrets.adopt(text));
  const fleetApi = await startFleetApi({
    bus,
    sessions,
    secrets,
    logger,
    sessionKeys: {
      signing: () => sessionKey.current,
      verifying: () => sessionKeys.current,
    },
    hub: {
      id: config.DROVER_HUB_ID,
      url: config.DROVER_PUBLIC_URL.replace(/\/+$/, ''),
      tunnelUrls: config.DROVER_TUNNEL_URLS,
      ca: read(config.DROVER_CA),
      serverCertificate: read(config.DROVER_TLS_CERT),
      identityKeys: () => identityKeys.current,
      agentImage: config.DROVER_AGENT_IMAGE,
      userPrefix: config.DROVER_USER_PREFIX,
      ...(config.DROVER_NATS_DURABILITY === undefined ? {} : { durability: config.DROVER_NATS_DURABILITY }),
    },
    ...(config.DROVER_ADMIN_PASSWORD_FILE === undefined
      ? {}
      : { adminPassword: read(config.DROVER_ADMIN_PASSWORD_FILE).trim() }),
  });
  opened.defer(() => fleetApi.close());
  const server = await listenInternal(
    {
      ...config.DROVER_LISTEN,
      ca: read(config.DROVER_INTERNAL_CA),
      cert: read(config.DROVER_INTERNAL_CERT),
      key: read(config.DROVER_INTERNAL_KEY),
      allow: ['auth-proxy'],
    },
    {
      request: fleetApi.handler,
      plain: { takes: target => /^\/apis?(?:[/?]|$)/.test(target), serve: fleetApi.plain },
    },
  );
  const running = opened.move();
  return {
    ready: { listen: hostPortText(server) },
    close: async () => {
      const closed = server.close(); // no new request; the watches end with the API, and then so does this
      await running.disposeAsync();
      await closed;
    },
  };
});
