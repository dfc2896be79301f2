import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connectBus } from '@drover/bus';
import { hostPort, loadConfig, optional, text, url } from '@drover/config';
import { readPublishedKeys } from '@drover/identity';
import { FollowedFile, openFrontDoor, runService } from '@drover/service-kit';
import { connectSessions } from '@drover/sessions';
import { createLogger, type LogLevel } from '@drover/telemetry';
import { startTunnelGateway, type TunnelGateway } from './app.ts';

const file = (path: string): string => readFileSync(path, 'utf8');
const logger = createLogger({ name: 'tunnel-gateway', level: (process.env['DROVER_LOG_LEVEL'] ?? 'info') as LogLevel });

await runService(logger, async () => {
  const config = loadConfig(
    {
      DROVER_NATS_URL: url({ description: 'the NATS server', secret: true }),
      DROVER_NATS_CREDS: text({ description: 'the file with this service’s NATS credentials' }),
      DROVER_REDIS_URL: url({ description: 'the Redis server', secret: true }),
      DROVER_HUB_ID: text({ description: 'the hub’s identity' }),
      DROVER_IDENTITY_JWKS: optional(
        text({ description: 'the public keys of identity assertions, JWKS file: agents are told of new ones' }),
      ),
      DROVER_GATEWAY_ID: text({ description: 'this gateway’s name', default: `gateway-${randomUUID().slice(0, 8)}` }),
      DROVER_LISTEN: hostPort({ description: 'where agents connect' }),
      DROVER_TLS_CERT: text({ description: 'the server certificate, PEM file' }),
      DROVER_TLS_KEY: text({ description: 'its key, PEM file' }),
      DROVER_HOP_LISTEN: hostPort({ description: 'where auth-proxies and other gateways connect' }),
      DROVER_HOP_ADVERTISE: text({
        description: 'host:port at which they find it; default: where it listens',
        default: '-',
      }),
      DROVER_INTERNAL_CA: text({ description: 'the hub’s internal CA, PEM file' }),
      DROVER_INTERNAL_CERT: text({ description: 'this service’s certificate of it, PEM file' }),
      DROVER_INTERNAL_KEY: text({ description: 'its key, PEM file' }),
    },
    process.env,
  );
  const bus = await connectBus({
    url: config.DROVER_NATS_URL,
    credsFile: config.DROVER_NATS_CREDS,
    name: 'tunnel-gateway',
  });
  const sessions = connectSessions({ url: config.DROVER_REDIS_URL });
  const door = await openFrontDoor({
    ...config.DROVER_LISTEN,
    cert: file(config.DROVER_TLS_CERT),
    key: file(config.DROVER_TLS_KEY),
  });
  const jwksFile = config.DROVER_IDENTITY_JWKS;
  const keys =
    jwksFile === undefined
      ? undefined
      : await FollowedFile.open({
          path: jwksFile,
          read: written => readPublishedKeys(written, jwksFile),
          onChange: () => gateway.announce(),
          logger,
        });
  const gateway: TunnelGateway = await startTunnelGateway({
    gatewayId: config.DROVER_GATEWAY_ID,
    hubId: config.DROVER_HUB_ID,
    bus,
    sessions,
    logger,
    announcements: () => keys?.current.announcements ?? [],
    hop: {
      ...config.DROVER_HOP_LISTEN,
      ...(config.DROVER_HOP_ADVERTISE === '-' ? {} : { advertise: config.DROVER_HOP_ADVERTISE }),
      tls: {
        ca: file(config.DROVER_INTERNAL_CA),
        cert: file(config.DROVER_INTERNAL_CERT),
        key: file(config.DROVER_INTERNAL_KEY),
      },
    },
  });
  door.mount('/v1/connect', gateway.connect);
  return {
    ready: { listen: `${door.host}:${door.port}`, hop: gateway.hopAddress },
    close: async () => {
      await keys?.close();
      await gateway.close();
      await door.close();
      await sessions.close();
      await bus.close();
    },
  };
});
