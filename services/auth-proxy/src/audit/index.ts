export type { AuditLogger, PublishAudit } from './audit-carrier.ts';
export { AuditLog, type AuditLogOptions } from './audit-log.ts';
export { type AuditLimits, auditLimits } from './limits.ts';
export type { AuditEntry } from './record-writer.ts';
export { maskSecrets } from './secret-mask.ts';
