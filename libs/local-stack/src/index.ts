export * from './backup/index.ts';
export { simulationCertificate } from './demo-cluster.ts';
export { type RotatedHubKeys, type RotateHubKeysOptions, rotateHubKeys } from './keys/rotate-hub-keys.ts';
export { type RotateSecretKeysOptions, rotateSecretKeys } from './keys/rotate-secret-keys.ts';
export { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack.ts';
