export { DirectoryView, type GatewayRecord, type TunnelRecord } from './directory-view.ts';
export type { LoginSession, LoginSessionStore, OneTimeKind, OneTimeStore } from './login-session.ts';
export { MemoryStores } from './memory-stores.ts';
export { type RateLimitSettings, RateLimits, rateLimits, type SignInAttempt } from './rate-limits.ts';
export { RedisLoginSessions } from './redis-login-sessions.ts';
export { RedisOneTimeStore } from './redis-one-time-store.ts';
export { connectSessions, Sessions } from './sessions.ts';
export { TunnelDirectory, type TunnelDirectoryOptions } from './tunnel-directory.ts';
