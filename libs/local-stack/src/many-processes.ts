import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostPortText } from '@drover/config';
import { DroverError } from '@drover/errors';
import type { HubService } from './pki.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import type { RunningServices, StackParts } from './stack-parts.ts';

export interface ManyProcessesOptions {
  readonly authProxies: number;
  readonly gateways: number;
  /** Gets each log line of every service. */
  readonly say: (line: string) => void;
}

const loopback = '127.0.0.1';

/**
 * Starts every service in a process of its own, all at once: where each listens is decided here. They stop in order:
 * auth-proxies, which take requests, then fleet-api, then gateways.
 */
export async function startInManyProcesses(parts: StackParts, options: ManyProcessesOptions): Promise<RunningServices> {
  const { hub, pki, listen, publicHost } = parts;
  const doorPorts = await portsOf(parts, 'auth-proxy', options.authProxies, listen.port);
  const gatewayPorts = await portsOf(parts, 'tunnel-gateway', options.gateways, 0);
  const fleetApiPort = await hub.portOf('fleet-api', 0);
  const publicUrl = (port: number): string => `https://${hostPortText({ host: publicHost, port })}`;
  const tls = { DROVER_TLS_CERT: pki.server.certFile, DROVER_TLS_KEY: pki.server.keyFile };

  const authProxies: Wanted[] = doorPorts.map((port, at) => ({
    service: 'auth-proxy',
    name: `auth-proxy-${at + 1}`,
    env: {
      ...tls,
      DROVER_LISTEN: hostPortText({ host: listen.host, port }),
      DROVER_IDENTITY_KEY: hub.identityKeyFile,
      DROVER_SESSION_JWKS: hub.sessionJwksFile,
      DROVER_FLEET_API: `https://${hostPortText({ host: loopback, port: fleetApiPort })}`,
    },
  }));
  const fleetApi: Wanted = {
    service: 'fleet-api',
    name: 'fleet-api',
    env: {
      DROVER_LISTEN: hostPortText({ host: loopback, port: fleetApiPort }),
      DROVER_PUBLIC_URL: publicUrl(doorPorts[0] ?? 0),
      DROVER_TUNNEL_URLS: gatewayPorts.map(publicUrl).join(','),
      DROVER_TLS_CERT: pki.server.certFile,
      DROVER_CA: pki.ca.certFile,
      DROVER_IDENTITY_JWKS: hub.jwksFile,
      DROVER_SECRET_KEYS: hub.secretKeysFile,
      DROVER_SESSION_KEY: hub.sessionKeyFile,
      DROVER_SESSION_JWKS: hub.sessionJwksFile,
      DROVER_AGENT_IMAGE: parts.agentImage,
      ...(parts.durability ? { DROVER_NATS_DURABILITY: parts.durability } : {}),
      ...(hub.adminPasswordFile ? { DROVER_ADMIN_PASSWORD_FILE: hub.adminPasswordFile } : {}),
    },
  };
  const gateways: Wanted[] = gatewayPorts.map((port, at) => ({
    service: 'tunnel-gateway',
    name: `tunnel-gateway-${at + 1}`,
    env: {
      ...tls,
      DROVER_IDENTITY_JWKS: hub.jwksFile,
      DROVER_GATEWAY_ID: `gateway-${at + 1}`,
      DROVER_LISTEN: hostPortText({ host: listen.host, port }),
      DROVER_HOP_LISTEN: hostPortText({ host: loopback, port: 0 }),
    },
  }));

  const inOrder = [authProxies, [fleetApi], gateways];
  const running = new Map<string, ServiceProcess>();
  const close = async (): Promise<void> => {
    for (const group of inOrder) await Promise.all(group.map(({ name }) => running.get(name)?.stop()));
  };
  const started = await Promise.allSettled(
    inOrder.flat().map(async ({ service, name, env }) => {
      const main = fileURLToPath(new URL('main.ts', import.meta.resolve(`@drover/${service}`)));
      const all = { ...commonEnv(parts, service, name), ...env };
      running.set(name, await startServiceProcess({ name, main, env: all, say: options.say, signal: parts.signal }));
    }),
  );
  const failure = started.find(result => result.status === 'rejected');
  if (failure) {
    await close();
    throw DroverError.from(failure.reason);
  }
  return {
    urls: doorPorts.map(publicUrl),
    names: [...running.keys()],
    failed: Promise.race([...running.values()].map(({ exited }) => exited)),
    close,
  };
}

interface Wanted {
  readonly service: HubService;
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The first listens where it was asked to; the others on ports that were chosen once. */
function portsOf({ hub }: StackParts, role: string, count: number, first: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => hub.portOf(`${role}-${at + 1}`, at === 0 ? first : 0)));
}

function commonEnv(parts: StackParts, service: HubService, name: string): Record<string, string> {
  const { pki, hub, credentials } = parts;
  const certificate = pki.services[service];
  return {
    DROVER_NATS_URL: parts.natsUrl,
    ...(credentials ? { DROVER_NATS_CREDS: credentials[service] } : {}),
    DROVER_REDIS_URL: parts.redisUrl,
    DROVER_HUB_ID: hub.record.id,
    DROVER_LOG_LEVEL: parts.logLevel,
    DROVER_DATA_DIR: join(parts.dataDir, name),
    DROVER_USER_PREFIX: parts.userPrefix,
    DROVER_INTERNAL_CA: pki.internalCa.certFile,
    DROVER_INTERNAL_CERT: certificate.certFile,
    DROVER_INTERNAL_KEY: certificate.keyFile,
  };
}
