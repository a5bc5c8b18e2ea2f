/** What the compiled program is made from: paths in `log-index`. */
export const SOURCES: readonly string[] = [
  ...['scan', 'tokens', 'hash', 'clock', 'usual'].map((name) => `scan/${name}.ts`),
  ...[
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
  ].map((name) => `dialects/${name}.ts`),
];

/** What else decides what it is: constants, what it is told of the machine, and how it is compiled. */
export const MADE_WITH: readonly string[] = [
  'limits.ts',
  'scan/records.ts',
  'dialects/index.ts',
  ...['compile.ts', 'entry.as', 'machine.as', 'outside.as', 'sources.ts'].map((name) => `scan/compiled/${name}`),
];
