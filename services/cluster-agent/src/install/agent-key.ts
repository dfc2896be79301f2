import { createPrivateKey, type KeyObject } from 'node:crypto';
import { agentNames } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { agentPublicKey, newAgentKey } from '@drover/identity';
import type { KubeClient, KubeObject } from '@drover/kube';
import { textInSecret } from './secret-text.ts';

/** The key by which the hub knows the agents of one cluster. */
export interface AgentKey {
  readonly privateKey: KeyObject;
  /** Ed25519, 32 raw bytes, base64url. */
  readonly publicKey: string;
}

/**
 * The key of the Secret `drover-system/drover-agent`, made by create-if-absent and never overwritten: replicas, restarts
 * and `drover agent` share it, and of two agents that start at once both end with the same. A Secret that is there and
 * holds no key is an error, since a new key would wait for approval.
 */
export async function loadAgentKey(kube: KubeClient, { signal }: { signal: AbortSignal }): Promise<AgentKey> {
  const found = (await kube.read(secretOf(), { signal })) ?? (await kube.createIfAbsent(newSecret(), { signal }));
  return keyIn(found);
}

const secretOf = () => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: agentNames.agent, namespace: agentNames.namespace },
});

function newSecret(): KubeObject {
  const pem = newAgentKey().export({ format: 'pem', type: 'pkcs8' });
  return {
    ...secretOf(),
    type: 'Opaque',
    data: { [agentNames.privateKey]: Buffer.from(pem).toString('base64') },
  };
}

function keyIn(secret: KubeObject): AgentKey {
  try {
    const privateKey = createPrivateKey(textInSecret(secret, agentNames.privateKey) ?? '');
    return Object.freeze({ privateKey, publicKey: agentPublicKey(privateKey) });
  } catch (cause) {
    const { namespace, agent, privateKey } = agentNames;
    throw new DroverError(
      'config-invalid',
      `Secret ${namespace}/${agent} holds no Ed25519 key in ${privateKey}; delete the Secret to have a new key made, then approve it on the hub`,
      { cause },
    );
  }
}
