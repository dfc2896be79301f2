import type { HubService } from '../pki.ts';
import type { Deployment } from './deployment-state.ts';
import { redisConfiguration } from './server-configurations.ts';

/** The parts of a hub of containers, each of which gets a folder or a Secret of its own. */
export const bundleNames = ['auth-proxy', 'tunnel-gateway', 'fleet-api', 'nats', 'redis', 'setup', 'admin'] as const;
export type BundleName = (typeof bundleNames)[number];

/** The files of one part: name and text. */
export type Bundle = Readonly<Record<string, string>>;

/** Where a service finds its files. */
const mountedAt = '/run/drover';
const at = (file: string): string => `${mountedAt}/${file}`;

/**
 * What each part is given, and nothing else: no gateway holds the key that signs identities (T6), none but fleet-api may
 * write objects, and none holds a CA's key. `service.env` is for `node --env-file`; what the environment says already wins.
 *
 * @param redisUrl where Redis is; the password of this deployment is put in, unless the URL brings one
 */
export function serviceBundles({ state, pki, secretKeys }: Deployment, redisUrl: string): Record<BundleName, Bundle> {
  const redis = withPassword(redisUrl, state.redisPassword);
  const service = (name: HubService, settings: Record<string, string>, files: Bundle): Bundle => ({
    'service.env': environment({
      DROVER_HUB_ID: state.hubId,
      DROVER_REDIS_URL: redis,
      DROVER_NATS_CREDS: at('nats.creds'),
      DROVER_INTERNAL_CA: at('internal-ca.crt'),
      DROVER_INTERNAL_CERT: at('internal.crt'),
      DROVER_INTERNAL_KEY: at('internal.key'),
      ...settings,
    }),
    'nats.creds': state.natsCredentials[name],
    'internal-ca.crt': pki.internalCa.cert,
    'internal.crt': pki.services[name].cert,
    'internal.key': pki.services[name].key,
    ...files,
  });
  const serverSettings = { DROVER_TLS_CERT: at('server.crt'), DROVER_TLS_KEY: at('server.key') };
  const serverFiles = { 'server.crt': pki.server.cert, 'server.key': pki.server.key };
  return {
    'auth-proxy': service(
      'auth-proxy',
      { ...serverSettings, DROVER_IDENTITY_KEY: at('identity.json'), DROVER_SESSION_JWKS: at('session.jwks.json') },
      { ...serverFiles, 'identity.json': state.identityKey, 'session.jwks.json': state.sessionKeys },
    ),
    'tunnel-gateway': service(
      'tunnel-gateway',
      { ...serverSettings, DROVER_IDENTITY_JWKS: at('identity.jwks.json') },
      { ...serverFiles, 'identity.jwks.json': state.identityKeys },
    ),
    'fleet-api': service(
      'fleet-api',
      {
        DROVER_TLS_CERT: at('server.crt'),
        DROVER_CA: at('ca.crt'),
        DROVER_IDENTITY_JWKS: at('identity.jwks.json'),
        DROVER_SECRET_KEYS: at('secrets.json'),
        DROVER_SESSION_KEY: at('session.json'),
        DROVER_SESSION_JWKS: at('session.jwks.json'),
        DROVER_ADMIN_PASSWORD_FILE: at('admin-password'),
      },
      {
        'server.crt': pki.server.cert,
        'ca.crt': pki.ca.cert,
        'identity.jwks.json': state.identityKeys,
        'secrets.json': secretKeys,
        'session.json': state.sessionKey,
        'session.jwks.json': state.sessionKeys,
        'admin-password': state.adminPassword,
      },
    ),
    nats: { 'nats.conf': state.natsConfiguration },
    redis: { 'redis.conf': redisConfiguration(state.redisPassword) },
    setup: {
      'service.env': environment({ DROVER_NATS_CREDS: at('nats.creds') }),
      'nats.creds': state.natsCredentials.setup,
    },
    admin: { 'admin-password': state.adminPassword, 'ca.crt': pki.ca.cert },
  };
}

/** None of these values holds a quote or a line break. */
const environment = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

function withPassword(redisUrl: string, password: string): string {
  const url = new URL(redisUrl);
  if (url.password === '') url.password = password;
  return url.href;
}
