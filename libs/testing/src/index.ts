export {
  type AuditEvent,
  type ClusterOptions,
  type ClusterProcess,
  startCluster,
  type TestCluster,
} from './cluster.ts';
export { type EventuallyOptions, eventually } from './eventually.ts';
export { helm, type Kubectl, kubectl, kubectls, onPath } from './kubectl.ts';
export { expectNoLeaks } from './leaks.ts';
export { lockNode, nodeLockFile } from './node-lock.ts';
export { freePorts } from './ports.ts';
export { type RawAnswer, type RawOptions, raw, statusCodes } from './raw-tls.ts';
export { type Background, type RunOptions, type RunResult, run, start } from './run.ts';
export { cannotStartCluster, repositoryRoot, type Testbed, testbed } from './testbed.ts';
export { readZipEntry } from './zip-archive.ts';
