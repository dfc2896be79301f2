/** A time for people, whose zone the hub does not know. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const browsers: readonly (readonly [RegExp, string])[] = [
  [/^drover\b/, 'Drover command line'],
  [/\bEdg\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\bChrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** `Firefox on Linux`, of the text by which a program tells what it is; anybody can send any text. */
export function agentName(userAgent: string): string {
  const nameOf = (known: typeof browsers): string | undefined => known.find(([form]) => form.test(userAgent))?.[1];
  const [program, system] = [nameOf(browsers), nameOf(systems)];
  if (program === undefined) return userAgent === '' ? 'A program' : userAgent.slice(0, 60);
  return system === undefined ? program : `${program} on ${system}`;
}
