import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localHubApi, startAuthProxy } from '@drover/auth-proxy';
import { DroverError } from '@drover/errors';
import { loadSigningKey, readPublicKeys } from '@drover/identity';
import { openFrontDoor } from '@drover/service-kit';
import { connectSessions } from '@drover/sessions';
import type { TunnelStream } from '@drover/tunnel';
import { startTunnelGateway } from '@drover/tunnel-gateway';
import { silent } from './agent.ts';
import type { TestHub } from './hub.ts';

/** A second front door and gateway of the same hub, put together here so that a test sees what is in flight. */
export interface Replica extends AsyncDisposable {
  readonly url: string;
  /** Where its audit spool lies. */
  readonly dataDir: string;
  /** Requests in flight. */
  inFlight(): number;
  /** Streams that were opened towards clusters and are not closed. */
  openStreams(): number;
}

/** Starts a replica; `staleMs`: how long it trusts what it knew when it hears nothing from NATS. */
export async function startReplica(hub: TestHub, { staleMs }: { staleMs?: number } = {}): Promise<Replica> {
  await using starting = new AsyncDisposableStack();
  const dataDir = join(hub.dataDir, 'replica');
  const sessions = starting.use(connectSessions({ url: hub.redisUrl, name: 'replica' }));
  const hubId = (await hub.joinFile('unused')).hub.id;
  const gateway = await startTunnelGateway({
    gatewayId: 'gateway-replica',
    hubId,
    bus: await hub.bus('tunnel-gateway'),
    sessions,
    logger: silent,
  });
  starting.defer(() => gateway.close());
  const opened = new Set<TunnelStream>();
  const jwks = join(hub.dataDir, 'keys/session.jwks.json');
  const sessionKeys = readPublicKeys(await readFile(jwks, 'utf8'), jwks);
  const proxy = await startAuthProxy({
    bus: await hub.bus('auth-proxy'),
    dialer: {
      open: (target, head, fin, handler) => {
        const stream = gateway.dialer.open(target, head, fin, handler);
        if ('state' in stream) opened.add(stream);
        return stream;
      },
    },
    hubId,
    sessionKeys: () => sessionKeys,
    hubApi: localHubApi({
      handler: (_request, response) => void response.writeHead(404).end(),
      plain: (_request, answer) => void answer.refuse(new DroverError('not-found')),
    }),
    signingKey: await loadSigningKey(join(hub.dataDir, 'keys/identity.json')),
    dataDir,
    logger: silent,
    ...(staleMs === undefined ? {} : { authorizationStaleMs: staleMs }),
  });
  const door = await openFrontDoor({ host: '127.0.0.1', port: 0, ...hub.certificate, onRefused: proxy.onRefused });
  starting.defer(async () => {
    const closed = door.close(0);
    await proxy.close();
    await closed;
  });
  door.mount('/k8s/clusters', proxy.clusters);
  door.mount('/v1/connect', gateway.connect);
  door.mount('/', proxy.hub);
  const started = starting.move();
  return {
    url: `https://127.0.0.1:${door.port}`,
    dataDir,
    inFlight: () => proxy.inFlight(),
    openStreams: () => [...opened].filter(({ state }) => state.name !== 'closed').length,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
