import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFrontDoor } from '@drover/service-kit';
import { connectSessions } from '@drover/sessions';
import { eventually } from '@drover/testing';
import { dialHop, HopPool, type HopTls, type TunnelSession } from '@drover/tunnel';
import { startTunnelGateway } from '@drover/tunnel-gateway';
import { silent } from './agent.ts';
import type { TestHub } from './hub.ts';

/** Another, honest gateway of the hub, with a hop listener. */
export interface HopGateway extends AsyncDisposable {
  /** Where agents dial. */
  readonly url: string;
  /** Where auth-proxies and gateways dial. */
  readonly hopAddress: string;
}

/** The internal certificate of a service of the hub. */
export const serviceTls = async (hub: TestHub, service: string): Promise<HopTls> => ({
  ca: await readFile(join(hub.dataDir, 'pki/internal-ca.crt'), 'utf8'),
  cert: await readFile(join(hub.dataDir, 'pki/services', `${service}.crt`), 'utf8'),
  key: await readFile(join(hub.dataDir, 'pki/services', `${service}.key`), 'utf8'),
});

export async function startHopGateway(hub: TestHub, gatewayId: string): Promise<HopGateway> {
  await using starting = new AsyncDisposableStack();
  const gateway = await startTunnelGateway({
    gatewayId,
    hubId: (await hub.joinFile('unused')).hub.id,
    bus: starting.use(await hub.bus('tunnel-gateway')),
    sessions: starting.use(connectSessions({ url: hub.redisUrl, name: gatewayId })),
    logger: silent,
    hop: { host: '127.0.0.1', port: 0, tls: await serviceTls(hub, 'tunnel-gateway') },
  });
  starting.defer(() => gateway.close());
  const door = await openFrontDoor({ host: '127.0.0.1', port: 0, ...hub.certificate });
  starting.defer(() => door.close(0));
  door.mount('/v1/connect', gateway.connect);
  const started = starting.move();
  return {
    url: `https://127.0.0.1:${door.port}`,
    hopAddress: gateway.hopAddress ?? '',
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** A session to a gateway as an auth-proxy has it. */
export async function hopSession(
  hub: TestHub,
  { hopAddress }: HopGateway,
): Promise<AsyncDisposable & { readonly session: TunnelSession }> {
  const tls = await serviceTls(hub, 'auth-proxy');
  const pool = new HopPool({ dial: (peer, signal) => dialHop(peer.hopAddress, tls, () => true, signal) });
  pool.reconcile([{ id: 'it', hopAddress }]);
  const session = await eventually(() => pool.session('it'));
  return { session, [Symbol.asyncDispose]: () => pool.close() };
}
