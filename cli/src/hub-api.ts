import type { Cluster, JoinFile } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { AccessCredential } from './access-cache.ts';
import { type Answer, listOf, objectOf, optionalText, textOf } from './domain/hub-answer.ts';
import type { Session } from './domain/stored-config.ts';
import type { HubClient } from './hub-client.ts';

/** What a hub tells everybody of itself. */
export interface HubInfo {
  readonly id: string;
  readonly url: string;
  readonly version: string;
  /** PEM of the CA that signed its certificate. */
  readonly ca: string;
  /** What acknowledged writes survive: `synced`, `two-minutes`, `unknown`; older hubs do not say. */
  readonly durability?: string;
}

/** What a cluster needs to join. */
export interface JoinOffer {
  readonly join: JoinFile;
  /** The import manifest, YAML. */
  readonly manifest: string;
  /** The one `kubectl apply` command. */
  readonly command: string;
}

/** A cluster as it is listed. */
export type ClusterSummary = Pick<Cluster, 'spec' | 'status'> & { readonly metadata: { readonly name: string } };

const clustersPath = '/apis/drover.dev/v1/clusters';
/** Clusters fetched at once. */
const pageSize = 500;

/** `GET /v1/hub`, which anybody may ask. */
export async function hubInfo(hub: HubClient, signal: AbortSignal): Promise<HubInfo> {
  const answer = objectOf(await hub.get('/v1/hub', signal), 'no object');
  const durability = optionalText(answer, 'durability');
  return {
    id: textOf(answer, 'id'),
    url: textOf(answer, 'url'),
    version: textOf(answer, 'version'),
    ca: textOf(answer, 'ca'),
    ...(durability === undefined ? {} : { durability }),
  };
}

/** A password for a session. */
export async function login(
  hub: HubClient,
  request: { username: string; password: string; newPassword?: string; provider?: string; ttlSeconds?: number },
  signal: AbortSignal,
): Promise<{ session: Session; access: AccessCredential }> {
  const answer = objectOf(await hub.post('/v1/login', request, signal), 'no object');
  return {
    session: {
      credential: textOf(answer, 'session'),
      id: textOf(answer, 'name'),
      user: textOf(answer, 'user'),
      endsAt: textOf(answer, 'sessionExpiresAt'),
    },
    access: { token: textOf(answer, 'token'), expiresAt: textOf(answer, 'expiresAt') },
  };
}

/** One's sessions, or those of a user. */
export async function listSessions(
  hub: HubClient,
  user: string | undefined,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const query = user === undefined ? '' : `?${new URLSearchParams({ user })}`;
  return listOf(objectOf(await hub.get(`/v1/sessions${query}`, signal), 'no object'), 'sessions');
}

/** Ends a session. */
export async function endSession(hub: HubClient, id: string, signal: AbortSignal): Promise<void> {
  await hub.delete(`/v1/sessions/${encodeURIComponent(id)}`, signal);
}

/** Ends every session of a user, and deletes his tokens. */
export async function revokeUser(hub: HubClient, name: string, signal: AbortSignal): Promise<Answer> {
  return objectOf(await hub.post(`/v1/users/${encodeURIComponent(name)}/revoke`, {}, signal), 'no object');
}

/** A token at the moment when its secret is told. */
export interface IssuedToken {
  readonly token: string;
  readonly name: string;
  readonly user: string;
  readonly expiresAt: string;
  /** Of a rotation: when the old secret ends. */
  readonly previousUntil?: string;
}

/** A token of one's own. `clusters`: all that it is good for. */
export async function makeToken(
  hub: HubClient,
  request: { description?: string; ttlSeconds?: number; clusters?: readonly string[]; user?: string },
  signal: AbortSignal,
): Promise<IssuedToken> {
  return issuedToken(await hub.post('/v1/tokens', request, signal));
}

/** Gives a token another secret. */
export async function rotateToken(
  hub: HubClient,
  name: string,
  request: { graceSeconds?: number; ttlSeconds?: number },
  signal: AbortSignal,
): Promise<IssuedToken> {
  return issuedToken(await hub.post(`/v1/tokens/${encodeURIComponent(name)}/rotate`, request, signal));
}

/** Ends a token. */
export async function deleteToken(hub: HubClient, name: string, signal: AbortSignal): Promise<void> {
  await hub.delete(`/apis/drover.dev/v1/tokens/${encodeURIComponent(name)}`, signal);
}

/** Makes a user with a password. */
export async function createUser(
  hub: HubClient,
  request: { username: string; password: string; groups: readonly string[]; mustChange?: true },
  signal: AbortSignal,
): Promise<Answer> {
  return objectOf(await hub.post('/v1/users', request, signal), 'no object');
}

/** Registers a cluster, where it is new, and makes it a join token. */
export async function joinCluster(
  hub: HubClient,
  name: string,
  request: { ttlSeconds?: number },
  signal: AbortSignal,
): Promise<JoinOffer> {
  const answer = objectOf(
    await hub.post(`/v1/clusters/${encodeURIComponent(name)}/join`, request, signal),
    'no object',
  );
  const join: unknown = answer['join'];
  if (!isJoinFile(join)) throw new DroverError('unreachable', 'the hub’s answer holds no join file of this version');
  return { join, manifest: textOf(answer, 'manifest'), command: textOf(answer, 'command') };
}

/** Takes a cluster from the hub; one that is gone already is no failure. */
export async function removeCluster(hub: HubClient, name: string, signal: AbortSignal): Promise<void> {
  try {
    await hub.delete(`${clustersPath}/${encodeURIComponent(name)}`, signal);
  } catch (error) {
    if (DroverError.from(error).code !== 'not-found') throw error;
  }
}

/** Accepts the keys of agents that wait. */
export async function approveAgent(hub: HubClient, name: string, signal: AbortSignal): Promise<Answer> {
  return objectOf(await hub.post(`/v1/clusters/${encodeURIComponent(name)}/approve-agent`, {}, signal), 'no object');
}

/** Every cluster that the caller may see, by name. */
export async function listClusters(hub: HubClient, signal: AbortSignal): Promise<ClusterSummary[]> {
  const found: ClusterSummary[] = [];
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) });
    const page = objectOf(await hub.get(`${clustersPath}?${query}`, signal), 'no list');
    found.push(...listOf(page, 'items').filter(isCluster));
    next = optionalText(objectOf(page['metadata'], 'no metadata'), 'continue');
  } while (next !== undefined);
  return found.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

function issuedToken(value: unknown): IssuedToken {
  const answer = objectOf(value, 'no object');
  const previousUntil = optionalText(answer, 'previousUntil');
  return {
    token: textOf(answer, 'token'),
    name: textOf(answer, 'name'),
    user: textOf(answer, 'user'),
    expiresAt: textOf(answer, 'expiresAt'),
    ...(previousUntil === undefined ? {} : { previousUntil }),
  };
}

const isCluster = (value: unknown): value is ClusterSummary => {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return false;
  const { metadata } = value;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string';
};

const isJoinFile = (value: unknown): value is JoinFile =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'ClusterJoin';
