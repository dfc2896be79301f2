import { agentAccess, type JoinFile } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { KubeClient } from '@drover/kube';

/**
 * Beside a cluster (`drover agent --kubeconfig K`): applies what the import manifest applies, without Deployment and join
 * Secret. It is safe to run again and at the same time as another; the kubeconfig must be an administrator's, since
 * Kubernetes lets nobody grant a right that he lacks.
 *
 * @throws DroverError `forbidden` where the kubeconfig may not
 */
export async function ensureInstalled(
  kube: KubeClient,
  hub: Pick<JoinFile['hub'], 'userPrefix'>,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  for (const object of agentAccess(hub)) {
    try {
      await kube.apply(object, { signal });
    } catch (error) {
      if (!(error instanceof DroverError) || error.code !== 'forbidden') throw error;
      throw new DroverError(
        'forbidden',
        `the kubeconfig may not set up the agent (${error.message}); use an administrator’s, or apply the import manifest`,
        { cause: error },
      );
    }
  }
}
