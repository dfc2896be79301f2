import { createHash, X509Certificate } from 'node:crypto';
import type { Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { agentManifestYaml, type Cluster, type JoinFile, type JoinToken } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type Holder, liveKeys, mintToken } from '@drover/identity';
import type { HubFacts } from '../domain/hub-facts.ts';
import { timestamp } from '../domain/timestamp.ts';
import { clusters, joinTokens, newObject } from '../resources/index.ts';
import type { Creators } from './creators.ts';
import type { Enrolment } from './enrolment.ts';

/** Bounds of join tokens. */
export const joinLimits = Object.freeze({
  ttlSeconds: 24 * 3600,
  maxTtlSeconds: 30 * 86_400,
  /** Live join tokens of one cluster. */
  maxPerCluster: 100,
});

/** What a cluster's administrator needs to join it. */
export interface JoinOffer {
  readonly join: JoinFile;
  /** The import manifest, YAML. */
  readonly manifest: string;
  /** The one command that applies it. */
  readonly command: string;
}

/** Makes join tokens and import manifests. */
export class Joining {
  readonly #registry: Registry;
  readonly #creators: Creators;
  readonly #enrolment: Enrolment;
  readonly #hub: HubFacts;
  readonly #clock: Clock;

  constructor(registry: Registry, creators: Creators, enrolment: Enrolment, hub: HubFacts, clock: Clock) {
    this.#registry = registry;
    this.#creators = creators;
    this.#enrolment = enrolment;
    this.#hub = hub;
    this.#clock = clock;
  }

  /** A new join token of the cluster, which is made, and is `creator`'s, where there is none of that name. Earlier tokens go on (T8). */
  async offer(name: string, creator: Holder, ttlSeconds: number = joinLimits.ttlSeconds): Promise<JoinOffer> {
    const cluster = await this.#cluster(name, creator);
    const { uid } = cluster.metadata;
    const live = this.#registry.list(joinTokens).filter(({ spec }) => spec.clusterUid === uid);
    if (live.length >= joinLimits.maxPerCluster) {
      throw new DroverError(
        'too-many-requests',
        `${name} has ${live.length} join tokens; delete some: kubectl delete jointoken NAME`,
      );
    }
    const { token, id, hash } = mintToken('drj');
    const expiresAt = timestamp(this.#clock.now() + Math.min(ttlSeconds, joinLimits.maxTtlSeconds) * 1000);
    const draft: JoinToken = {
      ...newObject('JoinToken', id),
      spec: { cluster: name, clusterUid: uid, expiresAt },
      hash,
    };
    await this.#registry.create(joinTokens, draft);
    const join = this.#joinFile(draft, token);
    return { join, manifest: this.#manifest(join), command: this.#command(token) };
  }

  /** The import manifest for the holder of a join token. Throws `join-token-invalid`. */
  manifestFor(token: string): string {
    const found = this.#enrolment.find(token);
    if (found === undefined) throw new DroverError('join-token-invalid');
    return this.#manifest(this.#joinFile(found, token));
  }

  async #cluster(name: string, creator: Holder): Promise<Cluster> {
    const found = this.#registry.find(clusters, name);
    if (found !== undefined) return found;
    try {
      const cluster = await this.#registry.create(clusters, { ...newObject('Cluster', name), spec: {} });
      await this.#creators.ofCluster(name, creator);
      return cluster;
    } catch (error) {
      if (DroverError.from(error).code !== 'already-exists') throw error;
      return this.#registry.get(clusters, name);
    }
  }

  #joinFile({ spec }: JoinToken, token: string): JoinFile {
    const { id, url, tunnelUrls, ca, identityKeys, userPrefix } = this.#hub;
    return {
      apiVersion: 'drover.dev/v1',
      kind: 'ClusterJoin',
      cluster: { name: spec.cluster, uid: spec.clusterUid },
      hub: {
        id,
        url,
        tunnelUrls: [...tunnelUrls],
        ca,
        identityKeys: { keys: liveKeys(identityKeys(), this.#clock.now()) },
        ...(userPrefix === undefined ? {} : { userPrefix }),
      },
      joinToken: token,
      expiresAt: spec.expiresAt,
    };
  }

  #manifest(join: JoinFile): string {
    return agentManifestYaml(join, { image: this.#hub.agentImage });
  }

  /** -k leaves the certificate's chain unchecked, and the pin, which curl still enforces, is the stricter check (T9). */
  #command(token: string): string {
    const pin = publicKeyPin(this.#hub.serverCertificate);
    return `curl -fsSk --pinnedpubkey 'sha256//${pin}' '${this.#hub.url}/v1/import/${token}.yaml' | kubectl apply -f -`;
  }
}

/** The SHA-256 of a certificate's public key, as curl's `--pinnedpubkey` and RFC 7469 take it. */
export const publicKeyPin = (certificate: string): string =>
  createHash('sha256')
    .update(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
