import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import type { Cluster, EnrolReply, EnrolRequest, JoinToken } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { parseToken } from '@drover/identity';
import { sameHash } from '../domain/same-hash.ts';
import { isPast } from '../domain/timestamp.ts';
import { clusters, joinTokens } from '../resources/index.ts';
import type { EventRecorder } from './event-recorder.ts';

/** Keys of one cluster that may wait for approval; whoever holds a join token can make more, and none is added then. */
export const maxPendingKeys = 16;

/** Which agents may join (DESIGN.md, "Enrolment"). */
export class Enrolment {
  readonly #registry: Registry;
  readonly #events: EventRecorder;
  readonly #clock: Clock;

  constructor(registry: Registry, events: EventRecorder, clock: Clock) {
    this.#registry = registry;
    this.#events = events;
    this.#clock = clock;
  }

  /**
   * Whether a key, with a join token, may be an agent of the cluster: a registered key may, the first one with a valid
   * token is registered, another waits for {@link approve}. The gateway has the proof that the agent holds the key.
   */
  async enrol(body: unknown): Promise<EnrolReply> {
    const { clusterUid, publicKey, joinToken } = readRequest(body);
    const cluster = this.#registry.list(clusters).find(({ metadata }) => metadata.uid === clusterUid);
    if (cluster === undefined) return { outcome: 'refused', code: 'join-token-invalid' };
    const { name } = cluster.metadata;
    if (cluster.status?.agentKeys?.includes(publicKey)) return { outcome: 'accepted', cluster: name };
    if (this.find(joinToken)?.spec.clusterUid !== clusterUid) return { outcome: 'refused', code: 'join-token-invalid' };
    // Decided on the newest object: of two first keys at once, one is first.
    let before: Cluster['status'];
    const change = (current: Cluster): Cluster => {
      before = current.status;
      return withKey(current, clusterUid, publicKey);
    };
    const registered = await this.#registry.update(clusters, name, change, { part: 'status' });
    const accepted = registered.status?.agentKeys?.includes(publicKey);
    if (accepted && !before?.agentKeys?.includes(publicKey)) {
      this.#events.record(registered, 'ClusterJoined', 'The first agent of the cluster has joined.');
    } else if (!accepted && registered.status?.pendingAgentKeys?.length !== before?.pendingAgentKeys?.length) {
      const how = `drover cluster approve-agent ${name}`;
      this.#events.record(registered, 'AgentKeyPending', `An agent with another key waits to be approved: ${how}`);
    }
    return { outcome: accepted ? 'accepted' : 'pending', cluster: name };
  }

  /** Registers every key of the cluster that waits. Throws `not-found`. */
  async approve(name: string): Promise<Cluster> {
    let approved = 0;
    const change = (cluster: Cluster): Cluster => {
      const { pendingAgentKeys = [], agentKeys = [], ...status } = cluster.status ?? {};
      approved = pendingAgentKeys.length;
      return { ...cluster, status: { ...status, agentKeys: [...new Set([...agentKeys, ...pendingAgentKeys])] } };
    };
    const cluster = await this.#registry.update(clusters, name, change, { part: 'status' });
    if (approved > 0)
      this.#events.record(cluster, 'AgentKeysApproved', 'The keys of agents that waited were approved.');
    return cluster;
  }

  /** The join token of that text, where it is known, neither expired nor revoked, and of a cluster that still is. */
  find(text: string): JoinToken | undefined {
    const { id, hash } = parsed(text);
    const token = this.#registry.find(joinTokens, id);
    if (token === undefined || !sameHash(token.hash, hash) || isPast(token.spec.expiresAt, this.#clock.now()))
      return undefined;
    const cluster = this.#registry.find(clusters, token.spec.cluster);
    return cluster?.metadata.uid === token.spec.clusterUid ? token : undefined;
  }
}

/** A text that is no join token has the name of no object. */
function parsed(text: string): { id: string; hash: string } {
  const nothing = { id: '', hash: '' };
  try {
    const token = parseToken(text);
    return token.kind === 'drj' ? token : nothing;
  } catch {
    return nothing;
  }
}

function withKey(cluster: Cluster, clusterUid: string, publicKey: string): Cluster {
  if (cluster.metadata.uid !== clusterUid) throw new DroverError('join-token-invalid');
  const { agentKeys = [], pendingAgentKeys = [] } = cluster.status ?? {};
  if (agentKeys.includes(publicKey)) return cluster;
  if (agentKeys.length === 0) return { ...cluster, status: { ...cluster.status, agentKeys: [publicKey] } };
  if (pendingAgentKeys.includes(publicKey) || pendingAgentKeys.length >= maxPendingKeys) return cluster;
  return { ...cluster, status: { ...cluster.status, pendingAgentKeys: [...pendingAgentKeys, publicKey] } };
}

/** The body comes from a gateway, which passes on what an agent said. */
function readRequest(body: unknown): EnrolRequest {
  const field = (name: string): string => {
    const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    if (typeof value === 'string' && value.length <= 200) return value;
    throw new DroverError('bad-request', `${name} must be a short text`);
  };
  const request = { clusterUid: field('clusterUid'), publicKey: field('publicKey'), joinToken: field('joinToken') };
  if (!/^[A-Za-z0-9_-]{43}$/.test(request.publicKey))
    throw new DroverError('bad-request', 'publicKey must be 32 bytes in base64url');
  return request;
}
