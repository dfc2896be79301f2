/** Versions of the protocol that this build speaks, best first. */
export const versions: readonly number[] = Object.freeze([1]);

/** Features that this build knows; both sides use what both name. None yet. */
export const features: readonly string[] = Object.freeze([]);

/** The acceptor's first message: what it speaks, and a nonce that the proof must sign. */
export interface Hello {
  readonly type: 'hello';
  readonly versions: readonly number[];
  readonly features: readonly string[];
  /** 32 random bytes, base64url. */
  readonly nonce: string;
  /** The hub's identity; an agent leaves where it is not the one of its join file. */
  readonly hub: string;
  readonly gateway: string;
}

/** An agent's answer. */
export interface Join {
  readonly type: 'join';
  readonly version: number;
  readonly features: readonly string[];
  readonly clusterUid: string;
  /** Ed25519, raw, base64url. */
  readonly publicKey: string;
  /** Ed25519 signature over nonce, cluster uid and hub identity, base64url. */
  readonly proof: string;
  readonly joinToken?: string;
  readonly agentVersion: string;
  readonly kubernetesVersion: string;
}

/** The answer of a hub service that connected by mutual TLS: who it is, the certificate has told. */
export interface ServiceJoin {
  readonly type: 'service-join';
  readonly version: number;
  readonly features: readonly string[];
}

/** Admission. */
export interface Welcome {
  readonly type: 'welcome';
  readonly session: string;
  readonly features: readonly string[];
}

export type HandshakeMessage = Hello | Join | ServiceJoin | Welcome;

/**
 * What the hub tells an agent at once after the welcome, and whenever it changes: the announcements of its identity keys,
 * each signed by the key before (libs/identity). An agent that does not know the message ignores it.
 */
export interface IdentityKeys {
  readonly type: 'identity-keys';
  /** Compact JWS, the oldest first. */
  readonly announcements: readonly string[];
}

/** The best version that both speak; undefined: none. */
export const commonVersion = (theirs: readonly number[]): number | undefined =>
  versions.find(version => theirs.includes(version));

/** The features that both know. */
export const commonFeatures = (theirs: readonly string[]): string[] =>
  features.filter(feature => theirs.includes(feature));

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= maxLength;
const isList = (value: unknown, of: 'string' | 'number'): boolean =>
  Array.isArray(value) && value.length <= 64 && value.every(item => typeof item === of);

/** The message with every field checked, or undefined: a peer's JSON is not trusted. */
export function readHandshake(message: unknown): HandshakeMessage | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const m = message as Record<string, unknown>;
  if (!isList(m['features'], 'string')) return undefined;
  switch (m['type']) {
    case 'hello':
      return isList(m['versions'], 'number') &&
        isText(m['nonce'], 128) &&
        isText(m['hub'], 128) &&
        isText(m['gateway'], 128)
        ? (message as Hello)
        : undefined;
    case 'join':
      return typeof m['version'] === 'number' &&
        isText(m['clusterUid'], 128) &&
        isText(m['publicKey'], 128) &&
        isText(m['proof'], 256) &&
        (m['joinToken'] === undefined || isText(m['joinToken'], 256)) &&
        isText(m['agentVersion'], 64) &&
        isText(m['kubernetesVersion'], 64)
        ? (message as Join)
        : undefined;
    case 'service-join':
      return typeof m['version'] === 'number' ? (message as ServiceJoin) : undefined;
    case 'welcome':
      return isText(m['session'], 128) ? (message as Welcome) : undefined;
    default:
      return undefined;
  }
}

/** The announcements of a message {@link IdentityKeys}; undefined where it is none. Whether they are good, they show. */
export function readIdentityKeys(message: unknown): readonly string[] | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, announcements } = message as Partial<IdentityKeys>;
  return type === 'identity-keys' && isList(announcements, 'string') ? announcements : undefined;
}
