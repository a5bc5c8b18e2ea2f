/**
 * `npm run bench`: every suite, or `npm run bench -- queue doors` for some. Prints a table a suite; `--write` also puts
 * it into docs/benchmarks.md. A benchmark is not a test: it never fails for being slow.
 */
import { machine, type Row, table, writeSection } from './report.ts';

export interface Suite {
  title: string;
  /** What was compared with what, in a sentence or two. */
  method: string;
  run(): Promise<Row[]>;
}

const SUITES: Record<string, () => Promise<Suite>> = {
  doors: async () => (await import('./doors.ts')).doors,
  queue: async () => (await import('./queue.ts')).queue,
  accounts: async () => (await import('./accounts.ts')).accounts,
  logs: async () => (await import('./logs/logs.ts')).logs,
};

const args = process.argv.slice(2);
const write = args.includes('--write');
const chosen = args.filter((arg) => !arg.startsWith('--'));
const unknown = chosen.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}; there are: ${Object.keys(SUITES).join(' ')}`);
  process.exit(2);
}

for (const name of chosen.length > 0 ? chosen : Object.keys(SUITES)) {
  const suite = await SUITES[name]!();
  console.log(`\n${suite.title}\n${suite.method}\n`);
  const rows = await suite.run();
  console.log(table(rows));
  if (write) {
    const day = new Date().toISOString().slice(0, 10);
    const markdown = `## ${suite.title}\n\n${suite.method}\n\nMeasured ${day} on ${machine()}.\n\n${table(rows)}`;
    writeSection(new URL('../../docs/benchmarks.md', import.meta.url), name, markdown);
  }
}
