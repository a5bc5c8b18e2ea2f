import manifest from '../../package.json' with { type: 'json' };

/** The console's version, as package.json has it at build time. */
export const version: string = manifest.version;
