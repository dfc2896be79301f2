export * from './backup/index.ts';
export { simulationCertificate } from './demo-cluster.ts';
export { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack.ts';
