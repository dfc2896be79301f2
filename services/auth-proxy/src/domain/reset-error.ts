import { DroverError } from '@drover/errors';
import type { Reset } from '@drover/tunnel';

/** What a caller is told when a stream ended before the cluster answered. */
export function errorOfReset(reset: Reset, cluster: string): DroverError {
  switch (reset.code) {
    case 'no-session':
      return new DroverError(
        'cluster-disconnected',
        `no agent of cluster ${JSON.stringify(cluster)} is connected to the hub`,
      );
    case 'refused':
      return new DroverError('tunnel-busy', `cluster ${JSON.stringify(cluster)}: ${reset.message}`);
    case 'protocol':
      return new DroverError('tunnel-protocol', reset.message);
    case 'internal':
      return new DroverError('internal', reset.message);
    default:
      return new DroverError(
        'tunnel-lost',
        `the tunnel to cluster ${JSON.stringify(cluster)} broke before it answered: ${reset.message || reset.code}`,
      );
  }
}
