export * from './backup/index.ts';
export { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack.ts';
