/**
 * The programs that are compiled, and what each is made from: paths in `log-index`. Sources are the TypeScript that runs
 * without them; `forms` are the files that AssemblyScript has in a form of its own.
 */
export interface Program {
  /** The built file. */
  file: string;
  /** What it begins with, and what it calls itself among the sources. */
  entry: readonly [as: string, form: string];
  sources: readonly string[];
  forms: Readonly<Record<string, string>>;
  /** Further options of the compiler. */
  options: readonly string[];
}

const dialects = [
  'keys',
  'postfix-smtpd',
  'postfix-queue',
  'postfix-delivery',
  'postfix-postscreen',
  'dovecot',
  'logins',
  'rspamd',
  'amavis',
  'helpers',
];

/** From the bytes of a block to records. */
export const SCANNER: Program = {
  file: 'scanner.wasm',
  entry: ['scan/entry.ts', 'scan/compiled/entry.as'],
  sources: [
    ...['scan', 'tokens', 'hash', 'clock', 'usual'].map((name) => `scan/${name}.ts`),
    ...dialects.map((name) => `dialects/${name}.ts`),
  ],
  forms: {
    'scan/machine.ts': 'compiled/machine.as',
    'scan/dictionary.ts': 'scan/compiled/dictionary.as',
    'scan/outside.ts': 'scan/compiled/outside.as',
  },
  options: [],
};

/** From records to traces. Its memory is shared with the threads that write records into it. */
export const CORRELATOR: Program = {
  file: 'correlator.wasm',
  entry: ['correlate/entry.ts', 'correlate/compiled/entry.as'],
  sources: [
    'addresses',
    'correlator',
    'dovecot',
    'filters',
    'greylist',
    'int-map',
    'queue',
    'refuse',
    'smtpd',
    'state',
  ].map((name) => `correlate/${name}.ts`),
  forms: {
    'scan/machine.ts': 'compiled/machine.as',
    'index/room.ts': 'correlate/compiled/room.as',
    'correlate/aside.ts': 'correlate/compiled/aside.as',
    'correlate/other-servers.ts': 'correlate/compiled/rare.as',
    'correlate/scans.ts': 'correlate/compiled/rare.as',
    'correlate/shared.ts': 'correlate/compiled/shared.as',
  },
  options: ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536', '--initialMemory', '16'],
};

export const PROGRAMS: readonly Program[] = [SCANNER, CORRELATOR];

/** What else decides what each is: constants, tables, and how they are compiled. */
const COMMON = [
  'limits.ts',
  'scan/records.ts',
  'index/tables.ts',
  'dialects/index.ts',
  'compiled/compile.ts',
  'compiled/programs.ts',
];

/** Every file that decides what a program is. */
export function madeFrom({ entry, sources, forms }: Program): string[] {
  return [entry[1], ...sources, ...Object.values(forms), ...COMMON];
}
