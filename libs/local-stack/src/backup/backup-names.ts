/** `drover-2030-01-01T00-00-00Z.age`: the moment, without the colons that some file systems refuse. */
const pattern = /^drover-(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\dZ)\.age$/;

/** The name of the backup that is taken at that moment; names sort by time. */
export const backupName = (takenMs: number): string =>
  `drover-${new Date(takenMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')}.age`;

/** When the backup of that name was taken; undefined where the name is not of a scheduled backup. */
export function takenAtOf(name: string): number | undefined {
  const [match, day, hours, minutes, seconds] = pattern.exec(name) ?? [];
  const takenMs = match === undefined ? Number.NaN : Date.parse(`${day}${hours}:${minutes}:${seconds}`);
  return Number.isNaN(takenMs) ? undefined : takenMs;
}

/** Of the files in a folder those that have had their time: all scheduled backups but the newest `keep`. */
export function outdated(names: readonly string[], keep: number): string[] {
  const backups = names.filter(name => takenAtOf(name) !== undefined).sort();
  return backups.slice(0, Math.max(0, backups.length - keep));
}

/** When the newest scheduled backup was taken. */
export const newestOf = (names: readonly string[]): number | undefined =>
  names
    .map(takenAtOf)
    .filter(takenMs => takenMs !== undefined)
    .sort((a, b) => b - a)[0];
