export { type FileLock, tryLock, waitForLock } from './file-lock.ts';
