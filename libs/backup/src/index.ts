export type { OpeningKeys, SealingKeys } from './age.ts';
export { type BackupSummary, readBackup, verifyBackup } from './read-backup.ts';
export type { BackupFile, BackupHeader, BackupManifest, BackupRecord, ObjectChange } from './records.ts';
export { type BackupContents, writeBackup } from './write-backup.ts';
