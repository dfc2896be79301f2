import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { DroverError } from '@drover/errors';

/** What an agent's proof of possession binds: one connection, one cluster, one hub. */
export interface ProofSubject {
  /** What the gateway drew for this connection, so that a proof is good once. */
  readonly nonce: string;
  /** `metadata.uid` of the cluster, never its reusable name. */
  readonly clusterUid: string;
  /** The hub's identity: a proof shown to one hub is worth nothing at another (T9). */
  readonly hubId: string;
}

/** Keeps these signatures apart from any other that the same key might make. */
const domain = Buffer.from('drover-agent-proof-v1\0', 'latin1');
/** Raw lengths in bytes (RFC 8032). */
const publicKeyBytes = 32;
const signatureBytes = 64;

/** A new Ed25519 key of an agent. */
export const newAgentKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

/** The public half of an agent's key: the 32 raw bytes, base64url. It is how the hub knows the agent. */
export function agentPublicKey(privateKey: KeyObject): string {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (privateKey.asymmetricKeyType !== 'ed25519' || x === undefined) {
    throw new DroverError('internal', 'an agent’s key must be an Ed25519 private key');
  }
  return x;
}

/**
 * The agent's signature over nonce, cluster and hub, base64url.
 *
 * @example
 * const signature = proofOfPossession({ privateKey, nonce, clusterUid, hubId });
 */
export const proofOfPossession = ({ privateKey, ...subject }: ProofSubject & { privateKey: KeyObject }): string =>
  sign(null, message(subject), privateKey).toString('base64url');

/** Whether `signature` proves possession of the private half of `publicKey`. Malformed input is a plain `false`. */
export function verifyProof({
  publicKey,
  signature,
  ...subject
}: ProofSubject & { readonly publicKey: string; readonly signature: string }): boolean {
  const raw = decode(publicKey, publicKeyBytes);
  const signed = decode(signature, signatureBytes);
  if (raw === undefined || signed === undefined) return false;
  try {
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } });
    return verify(null, message(subject), key, signed);
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
}

/** Every field with its length before it, so that no two subjects have the same bytes. */
function message({ nonce, clusterUid, hubId }: ProofSubject): Buffer {
  const fields = [nonce, clusterUid, hubId].flatMap(field => {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([domain, ...fields]);
}

/** The bytes of canonical base64url of exactly that length; one key has one spelling. */
function decode(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : undefined;
}
