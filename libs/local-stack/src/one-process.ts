import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hubApiPrefixes, localHubApi, startAuthProxy } from '@drover/auth-proxy';
import { connectBus } from '@drover/bus';
import { hostPortText } from '@drover/config';
import { startFleetApi } from '@drover/fleet-api';
import { readPublishedKeys, readSigningKey, SecretRing } from '@drover/identity';
import { FollowedFile, openFrontDoor } from '@drover/service-kit';
import { connectSessions } from '@drover/sessions';
import { createLogger } from '@drover/telemetry';
import { startTunnelGateway, type TunnelGateway } from '@drover/tunnel-gateway';
import { type HubService, hubServices } from './pki.ts';
import type { RunningServices, StackParts } from './stack-parts.ts';

/** Starts every service in this process: what lies between them is function calls. */
export async function startInOneProcess(parts: StackParts): Promise<RunningServices> {
  const { hub, pki, credentials, natsUrl, signal, userPrefix } = parts;
  await using opened = new AsyncDisposableStack();
  const clock = parts.clock === undefined ? {} : { clock: parts.clock };
  const logger = (name: HubService) => createLogger({ name, level: parts.logLevel });
  const connect = async (name: HubService) =>
    opened.use(
      await connectBus({ url: natsUrl, name, signal, ...(credentials ? { credsFile: credentials[name] } : {}) }),
    );
  const sessions = opened.use(connectSessions({ url: parts.redisUrl, name: 'hub' }));
  const port = await hub.portOf('auth-proxy-1', parts.listen.port);
  const url = `https://${hostPortText({ host: parts.publicHost, port })}`;

  // Keys change by a rotation while the hub runs.
  const follow = async <T>(
    path: string,
    read: (text: string, from: string) => T,
    onChange: () => void = () => {},
  ): Promise<FollowedFile<T>> =>
    opened.use(
      await FollowedFile.open({ path, read: text => read(text, path), onChange, logger: logger('auth-proxy') }),
    );
  const identityKeys = await follow(hub.jwksFile, readPublishedKeys, () => gateway.announce());
  const identityKey = await follow(hub.identityKeyFile, readSigningKey);
  const sessionKeys = await follow(hub.sessionJwksFile, readPublishedKeys);
  const sessionKey = await follow(hub.sessionKeyFile, readSigningKey);

  const secrets = SecretRing.read(await readFile(hub.secretKeysFile, 'utf8'));
  await follow(hub.secretKeysFile, text => secrets.adopt(text));
  const fleetApi = await startFleetApi({
    bus: await connect('fleet-api'),
    sessions,
    secrets,
    logger: logger('fleet-api'),
    ...clock,
    sessionKeys: {
      signing: () => sessionKey.current,
      verifying: () => sessionKeys.current,
    },
    hub: {
      id: hub.record.id,
      url,
      tunnelUrls: [url],
      ca: pki.ca.cert,
      serverCertificate: pki.server.cert,
      identityKeys: () => identityKeys.current,
      agentImage: parts.agentImage,
      userPrefix,
      ...(parts.durability === undefined ? {} : { durability: parts.durability }),
    },
    ...(hub.adminPasswordFile ? { adminPassword: (await readFile(hub.adminPasswordFile, 'utf8')).trim() } : {}),
  });
  opened.defer(() => fleetApi.close());

  const gateway: TunnelGateway = await startTunnelGateway({
    gatewayId: 'gateway-1',
    hubId: hub.record.id,
    bus: await connect('tunnel-gateway'),
    sessions,
    announcements: () => identityKeys.current.announcements ?? [],
    logger: logger('tunnel-gateway'),
  });
  opened.defer(() => gateway.close());

  const proxy = await startAuthProxy({
    bus: await connect('auth-proxy'),
    dialer: gateway.dialer,
    hubApi: localHubApi(fleetApi),
    hubId: hub.record.id,
    signingKey: () => identityKey.current,
    sessionKeys: () => sessionKeys.current,
    dataDir: join(parts.dataDir, 'auth-proxy-1'),
    logger: logger('auth-proxy'),
    ...clock,
    userPrefix,
  });
  let door: Awaited<ReturnType<typeof openFrontDoor>> | undefined;
  opened.defer(async () => {
    // The door takes nothing new from here on, and closes when the requests in flight have been ended.
    const closed = door?.close();
    await proxy.close();
    await closed;
  });
  const { cert, key } = pki.server;
  door = await openFrontDoor({ host: parts.listen.host, port, cert, key, onRefused: proxy.onRefused });
  door.mount('/k8s/clusters', proxy.clusters);
  door.mount('/v1/connect', gateway.connect);
  for (const prefix of hubApiPrefixes) door.mount(prefix, proxy.hubApi);
  door.mount('/', proxy.hub);

  const running = opened.move();
  return {
    urls: [url],
    names: hubServices,
    failed: new Promise(() => {}),
    close: () => running.disposeAsync(),
  };
}
