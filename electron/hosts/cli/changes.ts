import type { Command } from 'commander';
import type { Change } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { text } from '#shared/model/text.ts';
import { journalLines, runChange } from './change.ts';
import { UsageFailure } from './exit.ts';
import { renderText } from './render-text.ts';
import { run } from './run.ts';
import type { Session } from './session.ts';
import type { Column } from './table.ts';
import { parseCount } from './units.ts';

const PAGE = 1000;

const COLUMNS: readonly Column<Change>[] = [
  { head: 'ID', cell: (change) => change.id },
  { head: 'STARTED', cell: (change) => change.startedAt },
  { head: 'SERVER', cell: (change) => change.serverName },
  { head: 'STATUS', cell: (change) => change.status },
  { head: 'APPLIED', cell: (change) => `${change.applied}/${change.targets}`, right: true },
  { head: 'UNDO', cell: (change) => (change.undoable ? 'possible' : '-') },
  { head: 'WHAT', cell: (change) => renderText(change.title) },
];

/** `postdeck changes`: the journal and its undo. */
export function addChanges(program: Command): void {
  const changes = program.command('changes').description('the journal of everything that was changed, and undo');
  changes
    .command('list')
    .description('changes, newest first')
    .option('--undoable', 'only those that can be undone now')
    .option('--limit <n>', 'at most this many; 0: all', parseCount, 100)
    .action((options: { undoable?: true; limit: number }, command: Command) =>
      run(command, async (session) => {
        const server = session.options.server === undefined ? null : await session.server();
        await session.out.list(pages(session, { ...options, serverId: server?.id }), COLUMNS);
      }),
    );
  changes
    .command('show <id>')
    .description('one change: commands, outcome, what was left alone')
    .action((changeId: string, _options: unknown, command: Command) =>
      run(command, async (session) => session.out.one(await named(session, changeId), journalLines)),
    );
  changes
    .command('undo <id>')
    .description('take a change back by its recorded inverse')
    .option('--note <text>', 'why, for the journal')
    .action((changeId: string, options: { note?: string }, command: Command) =>
      run(command, async (session) => {
        const { serverId } = await named(session, changeId);
        const all = await session.client.servers.list();
        const server = all.find(({ id }) => id === serverId) ?? null;
        return runChange(session, server, { undo: changeId }, options.note ?? null);
      }),
    );
  changes
    .command('verify')
    .description("check the journal's hash chain")
    .action((_options: unknown, command: Command) =>
      run(command, async ({ client, out }) => {
        const check = await client.changes.verify();
        await out.one(check, () =>
          check.ok
            ? `The journal holds: ${check.entries} entries, head ${check.head ?? 'none'}`
            : 'The journal does not hold',
        );
        if (!check.ok) throw broken(check.brokenAt, check.problem === null ? null : renderText(check.problem));
      }),
    );
  changes
    .command('reconcile <id>')
    .description('find out from the server how far an interrupted change got')
    .action((changeId: string, _options: unknown, command: Command) =>
      run(command, async (session) => {
        const { client, out, signal } = session;
        const { serverId } = await named(session, changeId);
        const server = (await client.servers.list()).find(({ id }) => id === serverId);
        const reconcile = () => client.changes.reconcile({ changeId }, { signal });
        await out.one(await (server === undefined ? reconcile() : session.onServer(server, reconcile)), journalLines);
      }),
    );
}

/** The change of that id. One that there is not is a slip on the command line, like a server that there is not. */
async function named({ client }: Session, changeId: string): Promise<Change> {
  try {
    return await client.changes.show({ changeId });
  } catch (error) {
    const { code, message, hint, detail } = failureOf(error);
    if (code !== 'NOT_FOUND') throw error;
    throw new UsageFailure(message, { code, ...(hint === null ? {} : { hint }), detail });
  }
}

async function* pages(session: Session, options: { undoable?: true; limit: number; serverId: string | undefined }) {
  const limit = options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit;
  for (let offset = 0; offset < limit; ) {
    const count = Math.min(PAGE, limit - offset);
    const { changes, total } = await session.client.changes.list({
      serverId: options.serverId,
      undoable: options.undoable,
      offset,
      count,
    });
    yield changes;
    offset += changes.length;
    if (changes.length === 0 || offset >= total) return;
  }
}

function broken(at: number | null, problem: string | null): Failure {
  return new Failure(
    'JOURNAL_BROKEN',
    text(
      /*i18n*/ { id: 'cli.journal-broken', message: 'The hash chain does not hold at entry {at}: {problem}' },
      { at: at ?? 0, problem: problem ?? '' },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'cli.journal-broken.hint',
          message: 'Keep a copy of the data folder and compare the journal with a backup',
        },
      ),
    },
  );
}
