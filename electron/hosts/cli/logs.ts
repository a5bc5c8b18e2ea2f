import { basename, resolve } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { Command, InvalidArgumentError, Option } from 'commander';
import { consume } from '#shared/contract/consume.ts';
import { Failure } from '#shared/model/failure.ts';
import type { FailureData } from '#shared/model/failure.ts';
import {
  LogReportKind,
  TraceSort,
  type LogIndexed,
  type LogReport,
  type LogSet,
  type LogSource,
} from '#shared/model/log.ts';
import { troubleText } from '#shared/model/log-trouble.ts';
import { text } from '#shared/model/text.ts';
import type { Trace, TraceLine } from '#shared/model/trace.ts';
import { EXIT, UsageFailure } from './exit.ts';
import { follow } from './follow.ts';
import { addLogFilters, logFilterOf, type LogFilterOptions } from './log-filters.ts';
import { addLiveLogs } from './logs-live.ts';
import { storyJson, storyLines, TRACE_COLUMNS } from './log-words.ts';
import { renderText } from './render-text.ts';
import { run } from './run.ts';
import type { Session } from './session.ts';
import { facts, type Column } from './table.ts';
import { parseCount, showSize } from './units.ts';

/** Traces fetched at once for a table. */
const PAGE = 1000;

const SET_COLUMNS: readonly Column<LogSet>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'FILES', cell: ({ sources }) => String(sources), right: true },
  { head: 'LINES', cell: ({ lines }) => String(lines), right: true },
  { head: 'LOG', cell: ({ bytes }) => showSize(bytes), right: true },
  { head: 'INDEX', cell: ({ diskBytes }) => showSize(diskBytes), right: true },
  { head: 'FIRST', cell: ({ first }) => first ?? '' },
  { head: 'LAST', cell: ({ last }) => last ?? '' },
];

const LINE_COLUMNS: readonly Column<TraceLine>[] = [
  { head: 'LINE', cell: ({ file, line }) => `${basename(file)}:${line}` },
  { head: 'TEXT', cell: ({ text }) => text },
];

interface IndexOptions {
  set?: string;
  year?: number;
  timezone?: string;
}

interface OfSet {
  set?: string;
}

interface TracesOptions extends LogFilterOptions, OfSet {
  limit: number;
  sort?: TraceSort['by'];
  descending?: true;
}

/** `postdeck logs`: index mail logs, and ask what became of every message. */
export function addLogs(program: Command): void {
  const logs = program.command('logs').description('mail logs: index them, and find out what became of every message');
  logs
    .command('index <path...>')
    .description('index files, folders and archives of logs into a set')
    .option('--set <name>', "name of the set; default: the first path's own name")
    .option('--year <year>', 'year of the earliest line, for logs that name none', parseYear)
    .option('--timezone <zone>', "IANA zone of lines that name none; default: this computer's")
    .action((paths: string[], options: IndexOptions, command: Command) =>
      run(command, (session) => index(session, paths, options)),
    );
  logs
    .command('sets')
    .description('the sets there are, and the disk they use')
    .action((_options: unknown, command: Command) =>
      run(command, async ({ client, out, signal }) => {
        await out.list([await client.logs.sets(undefined, { signal })], SET_COLUMNS);
      }),
    );
  logs
    .command('drop <set>')
    .description("delete a set's index; the logs themselves are not touched")
    .action((name: string, _options: unknown, command: Command) =>
      run(command, async ({ client, out }) => {
        const left = await client.logs.drop({ name });
        await out.one({ dropped: name, sets: left.length }, () => `Dropped ${name}`);
      }),
    );
  logs
    .command('rename <set> <name>')
    .description('give a set another name')
    .action((name: string, to: string, _options: unknown, command: Command) =>
      run(command, async ({ client, out }) => {
        const sets = await client.logs.rename({ name, to });
        await out.list([sets.filter((set) => set.name === to)], SET_COLUMNS);
      }),
    );
  ofSet(logs.command('attribution <file>'))
    .description('the trace id of every line of an indexed file, in order; - for none')
    .action((file: string, options: OfSet, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const source = await sourceOf(session, options);
        const input = { source, file: resolve(file) };
        await out.blocks(consume(await client.logs.attribution(input, { signal }), (ack) => client.flow.ack(ack)));
      }),
    );
  addLogFilters(ofSet(logs.command('traces')).description('traces that match all that is given'))
    .option('--limit <n>', 'at most this many, newest first; 0: all, in the order of the log', parseCount, 100)
    .addOption(new Option('--sort <field>', 'sort by').choices(TraceSort.shape.by.options))
    .option('--descending', 'largest or latest first; with --sort')
    .action((options: TracesOptions, command: Command) => run(command, (session) => traces(session, options)));
  ofSet(logs.command('trace <id>'))
    .description('one trace: what happened, in order')
    .option('--lines', 'its raw lines instead')
    .action((id: string, options: OfSet & { lines?: true }, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const source = await sourceOf(session, options);
        const story = await client.logs.trace({ source, id }, { signal });
        if (options.lines !== true) {
          await out.one(out.json ? storyJson(story) : story, () => storyLines(story));
          return;
        }
        if (out.json) await out.list([story.lines], LINE_COLUMNS);
        else await out.lines(story.lines.map(({ text }) => text));
      }),
    );
  ofSet(logs.command('lines <text>'))
    .description('raw lines that hold a text, in any case of ASCII letters')
    .option('--exact', 'the case of letters counts')
    .option('--limit <n>', 'at most this many; 0: all', parseCount, 0)
    .action((needle: string, options: OfSet & { exact?: true; limit: number }, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const source = await sourceOf(session, options);
        const input = { source, text: needle, exact: options.exact === true, limit: options.limit };
        const found = consume(await client.logs.lines(input, { signal }), (ack) => client.flow.ack(ack));
        if (out.json) await out.list(found, LINE_COLUMNS);
        else for await (const lines of found) await out.lines(lines.map(({ text }) => text));
      }),
    );
  addLogFilters(ofSet(logs.command('report')).description('counts: what happened how often, and by whom'))
    .addOption(new Option('--by <what>', 'count by').choices(LogReportKind.options).default('summary'))
    .option('--limit <n>', 'at most this many rows, largest first; 0: all', parseCount, 50)
    .option('--csv', 'CSV with a header line')
    .action((options: LogFilterOptions & OfSet & { by: LogReportKind; limit: number; csv?: true }, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const source = await sourceOf(session, options);
        const input = { source, filter: logFilterOf(options), by: options.by, limit: options.limit };
        const report = await client.logs.report(input, { signal });
        if (options.csv === true)
          // no cell of a stranger is a formula to a spreadsheet
          await out.raw(Buffer.from(stringify([report.columns, ...report.rows], { escape_formulas: true }), 'utf8'));
        else if (out.json) await out.one(report, () => '');
        else await out.list([report.rows], columnsOf(report));
      }),
    );
  addLiveLogs(logs);
}

function ofSet(command: Command): Command {
  return command.option('--set <name>', 'the set to ask; not needed when there is one');
}

function parseYear(value: string): number {
  const year = Number(value);
  if (!/^\d{4}$/.test(value) || year < 1970)
    throw new InvalidArgumentError(`expected a year such as 2026; got ${value}`);
  return year;
}

/** --set, or --server, or the only set there is. */
export async function sourceOf(session: Session, { set }: OfSet): Promise<LogSource> {
  if (set !== undefined) return { from: 'set', name: set };
  if (session.options.server !== undefined) return { from: 'server', serverId: (await session.server()).id };
  const all = await session.client.logs.sets(undefined, { signal: session.signal });
  const [only, another] = all;
  if (only !== undefined && another === undefined) return { from: 'set', name: only.name };
  const names = all.map(({ name }) => name).join(', ');
  throw new UsageFailure(
    only === undefined
      ? text(/*i18n*/ { id: 'cli.logs.no-set', message: 'There is no log set yet' })
      : text(/*i18n*/ { id: 'cli.logs.which-set', message: 'Expected one of the sets {names}, got none' }, { names }),
    {
      hint:
        only === undefined
          ? text(/*i18n*/ { id: 'cli.logs.no-set.hint', message: 'Make one: postdeck logs index PATH...' })
          : text(
              /*i18n*/ { id: 'cli.logs.which-set.hint', message: 'Name it with --set NAME, or a server with --server' },
            ),
    },
  );
}

async function index(session: Session, paths: string[], options: IndexOptions): Promise<number> {
  const { client, out } = session;
  const name = options.set ?? nameOf(paths[0] ?? '');
  const request = { name, paths: paths.map((path) => resolve(path)), year: options.year, zone: options.timezone };
  const started = await client.logs.index(request);
  await follow(session, started, 'Cancelling; the set stays as it was before');
  const job = await client.jobs.show({ jobId: started.id });
  if (job.failure !== null) throw failureFrom(job.failure);
  const indexed = await client.logs.indexed({ jobId: job.id });
  await out.one(indexed, indexedLines);
  return job.state === 'partial' ? EXIT.partly : EXIT.done;
}

/** A set's name from a path: what its name allows. */
function nameOf(path: string): string {
  const name = basename(resolve(path))
    .replace(/[^\p{L}\p{N} ._@-]/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '');
  return name.slice(0, 100) || 'logs';
}

function failureFrom({ code, message, hint, retryable, detail }: FailureData): Failure {
  return new Failure(code, message, { hint: hint ?? undefined, retryable, detail });
}

function indexedLines(set: LogIndexed): string[] {
  const troubles = set.files.flatMap((file) =>
    Object.entries(file.troubles).map(
      ([what, count]) => `  ${file.name}: ${renderText(troubleText(what, count, file))}`,
    ),
  );
  return [
    ...facts([
      ['Set', set.name],
      ['Files', String(set.sources)],
      ['Lines', String(set.lines)],
      ['Log', showSize(set.bytes)],
      ['Index', showSize(set.diskBytes)],
      ['From', set.first],
      ['To', set.last],
      ['Zone', set.zone],
    ]),
    ...troubles,
    ...set.refused.map(({ path, why }) => `  not read: ${path}: ${why}`),
  ];
}

async function traces(session: Session, options: TracesOptions): Promise<void> {
  const { client, out, signal } = session;
  const source = await sourceOf(session, options);
  const filter = logFilterOf(options);
  const { limit } = options;
  const newest = limit > 0 ? { by: 'start' as const, descending: true } : null;
  const sort = options.sort === undefined ? newest : { by: options.sort, descending: options.descending === true };
  if (out.json) {
    const blocks = await client.logs.export({ source, filter, sort, limit }, { signal });
    await out.blocks(consume(blocks, (ack) => client.flow.ack(ack)));
    return;
  }
  await out.list(pages(), TRACE_COLUMNS);

  async function* pages(): AsyncGenerator<Trace[]> {
    const order = sort ?? { by: 'start' as const, descending: false };
    const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    for (let offset = 0; ; offset += PAGE) {
      const count = Math.min(PAGE, most - offset);
      const window = await client.logs.traces({ source, filter, sort: order, offset, count }, { signal });
      yield window.traces;
      if (offset + count >= Math.min(window.total, most)) return;
    }
  }
}

function columnsOf({ columns, rows }: LogReport): Column<(string | number)[]>[] {
  return columns.map((head, i) => ({
    head: head.toUpperCase(),
    cell: (row) => String(row[i] ?? ''),
    right: rows.length > 0 && rows.every((row) => typeof row[i] === 'number'),
  }));
}
