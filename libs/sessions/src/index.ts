export { DirectoryView, type GatewayRecord, type TunnelRecord } from './directory-view.ts';
export { connectSessions, Sessions } from './sessions.ts';
export { TunnelDirectory, type TunnelDirectoryOptions } from './tunnel-directory.ts';
