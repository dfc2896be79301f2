import { agentNames } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { type LearntKeys, readLearntKeys } from '@drover/identity';
import type { KubeClient } from '@drover/kube';
import { textInSecret } from './secret-text.ts';

const secretOf = () => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: agentNames.hubKeys, namespace: agentNames.namespace },
});

/**
 * The identity keys of the hub that this cluster's agents learnt of. Undefined: none yet, or an older manifest gives no
 * right to look; then the agent trusts what its join file pins until the hub announces the others again.
 */
export async function loadHubKeys(
  kube: KubeClient,
  { signal }: { readonly signal: AbortSignal },
): Promise<LearntKeys | undefined> {
  try {
    const found = await kube.read(secretOf(), { signal });
    const kept = found === undefined ? undefined : textInSecret(found, agentNames.learntKeys);
    return kept === undefined ? undefined : readLearntKeys(kept);
  } catch (error) {
    if (error instanceof DroverError && error.code === 'forbidden') return undefined;
    throw error;
  }
}

/** Keeps them for restarts and other replicas, so that a retired key is not trusted again. */
export async function keepHubKeys(
  kube: KubeClient,
  learnt: LearntKeys,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const data = { [agentNames.learntKeys]: Buffer.from(JSON.stringify(learnt)).toString('base64') };
  await kube.apply({ ...secretOf(), type: 'Opaque', data }, { signal });
}
