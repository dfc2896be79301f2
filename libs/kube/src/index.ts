export {
  KubeClient,
  type KubeVersion,
  kubeClient,
  type ServiceAccountToken,
  type TokenOptions,
} from './kube-client.ts';
export type { KubeCredential, KubeEndpoint, KubeSource } from './kube-config.ts';
export { type KubeObject, type ObjectRef, pathOf } from './object-path.ts';
