import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  type KeyRole,
  newSecretKeys,
  newSigningKey,
  readPublishedKeys,
  readSigningKey,
  rotateKeys,
} from '@drover/identity';
import { defaultOverlap } from '../keys/rotate-hub-keys.ts';
import { ensureNatsAuthority } from '../nats-authority.ts';
import { type NatsUser, natsUsers } from '../nats-permissions.ts';
import { ensurePki, type Pki } from '../pki.ts';
import { ensureFolder, readText, writeSecret } from '../secret-files.ts';
import { natsConfiguration } from './server-configurations.ts';

/** All that a hub of containers is made of besides its certificates: made once, then kept. */
export interface DeploymentState {
  readonly hubId: string;
  /** The private key that signs identities, as auth-proxy reads it, and the public half as fleet-api reads it. */
  readonly identityKey: string;
  readonly identityKeys: string;
  /** The same of the credentials of sessions: fleet-api has both, auth-proxy the public half. */
  readonly sessionKey: string;
  readonly sessionKeys: string;
  /** The word that asked for a role's last rotation; the same word asks for no other. */
  readonly rotated?: Rotations;
  readonly adminPassword: string;
  readonly redisPassword: string;
  readonly natsConfiguration: string;
  /** The text of each NATS user's credentials file. */
  readonly natsCredentials: Readonly<Record<NatsUser, string>>;
}

/** Words by which somebody asks for a rotation of a role's keys: a new word, a new key. */
export type Rotations = Readonly<Partial<Record<KeyRole, string | undefined>>>;

/** Until the new key signs: Kubernetes brings a changed Secret into pods within two minutes. */
const graceMs = 5 * 60_000;

export interface Deployment {
  readonly state: DeploymentState;
  /** What opens the secrets of identity providers. In a file of its own, as a rotation changes it. */
  readonly secretKeys: string;
  readonly pki: Pki;
}

/** 256 bits for Redis; 144 for people, who may have to type it once. */
const redisPasswordBytes = 32;
const adminPasswordBytes = 18;

/**
 * Loads what a hub of containers is made of from `folder`, and makes what is missing. The credentials of NATS are kept
 * (unlike `npm start`, which makes new ones at each start): the services run on while the set-up runs again.
 *
 * @example
 * const { state, pki } = await ensureDeployment('/var/lib/drover/hub', ['hub.example.com']);
 */
export async function ensureDeployment(
  folder: string,
  serverNames: readonly string[],
  rotations: Rotations = {},
): Promise<Deployment> {
  await ensureFolder(folder);
  const file = join(folder, 'deployment.json');
  const found: unknown = JSON.parse((await readText(file)) ?? 'null');
  const before = isState(found) ? await withSessionKeys(found) : await newState(folder);
  const state = await withRotatedKeys(before, rotations, Date.now());
  if (state !== found) await writeSecret(file, JSON.stringify(state));
  await writeSecret(join(folder, 'admin-password'), `${state.adminPassword}\n`);
  const secretsFile = join(folder, 'secrets.json');
  const secretKeys = (await readText(secretsFile)) ?? newSecretKeys();
  await writeSecret(secretsFile, secretKeys);
  return { state, secretKeys, pki: await ensurePki({ folder: join(folder, 'pki'), serverNames }) };
}

/** A hub that was set up by an earlier version has none yet. */
async function withSessionKeys(state: DeploymentState): Promise<DeploymentState> {
  return typeof state.sessionKey === 'string' && typeof state.sessionKeys === 'string'
    ? state
    : { ...state, ...(await newSessionKeys()) };
}

/** A role whose word is another one than that of its last rotation gets a new key. */
async function withRotatedKeys(state: DeploymentState, rotations: Rotations, nowMs: number): Promise<DeploymentState> {
  let next = state;
  for (const role of ['identity', 'session'] as const) {
    const word = rotations[role];
    if (word === undefined || word === '' || word === next.rotated?.[role]) continue;
    const { signing, published } = await rotateKeys({
      role,
      hubId: state.hubId,
      signing: readSigningKey(state[`${role}Key`], `the ${role} key`),
      published: readPublishedKeys(state[`${role}Keys`], `the ${role} keys`),
      nowMs,
      graceMs,
      overlapMs: defaultOverlap[role].overlapMs,
    });
    next = {
      ...next,
      [`${role}Key`]: JSON.stringify(signing),
      [`${role}Keys`]: JSON.stringify(published),
      rotated: { ...next.rotated, [role]: word },
    };
  }
  return next;
}

async function newSessionKeys(): Promise<Pick<DeploymentState, 'sessionKey' | 'sessionKeys'>> {
  const { kid, privateJwk, publicJwk } = await newSigningKey();
  return { sessionKey: JSON.stringify({ kid, privateJwk }), sessionKeys: JSON.stringify({ keys: [publicJwk] }) };
}

async function newState(folder: string): Promise<DeploymentState> {
  const { kid, privateJwk, publicJwk } = await newSigningKey();
  const authority = await ensureNatsAuthority(join(folder, 'nats'));
  const credentials = await Promise.all(
    natsUsers.map(async user => [user, (await readText(authority.credentials[user])) ?? ''] as const),
  );
  return {
    hubId: randomUUID(),
    identityKey: JSON.stringify({ kid, privateJwk }),
    identityKeys: JSON.stringify({ keys: [publicJwk] }),
    ...(await newSessionKeys()),
    adminPassword: randomBytes(adminPasswordBytes).toString('base64url'),
    redisPassword: randomBytes(redisPasswordBytes).toString('hex'),
    natsConfiguration: natsConfiguration(authority),
    natsCredentials: credentialsOf(new Map(credentials)),
  };
}

const credentialsOf = (found: ReadonlyMap<NatsUser, string>): Record<NatsUser, string> => ({
  'fleet-api': found.get('fleet-api') ?? '',
  'tunnel-gateway': found.get('tunnel-gateway') ?? '',
  'auth-proxy': found.get('auth-proxy') ?? '',
  setup: found.get('setup') ?? '',
});

function isState(value: unknown): value is DeploymentState {
  if (typeof value !== 'object' || value === null) return false;
  const texts = ['hubId', 'identityKey', 'identityKeys', 'adminPassword', 'redisPassword', 'natsConfiguration'];
  const credentials: unknown = Reflect.get(value, 'natsCredentials');
  return (
    texts.every(name => typeof Reflect.get(value, name) === 'string') &&
    typeof credentials === 'object' &&
    credentials !== null &&
    natsUsers.every(user => typeof Reflect.get(credentials, user) === 'string')
  );
}
