export { MemoryStores } from './memory-stores.ts';
