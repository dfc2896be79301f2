/** What a simulated cluster says it runs; nobody must take it for a real one. */
export const simulatedVersion = 'v1.32.0-simulated';

/** Kubernetes' `version.Info`. */
export const versionInfo: Readonly<Record<string, string>> = Object.freeze({
  major: '1',
  minor: '32',
  gitVersion: simulatedVersion,
  gitCommit: 'simulated',
  gitTreeState: 'clean',
  buildDate: '2025-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'simulated',
});
