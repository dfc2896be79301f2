import manifest from '../package.json' with { type: 'json' };

/** Drover's version, the same for every service and the CLI. */
export const version: string = manifest.version;
