export { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack.ts';
