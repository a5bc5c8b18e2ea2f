import type { Command } from 'commander';
import { consume } from '#shared/contract/consume.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { Failure } from '#shared/model/failure.ts';
import type { LiveEvent, LiveState } from '#shared/model/log.ts';
import { follow } from './follow.ts';
import { traceJson, traceLine } from './log-words.ts';
import { renderText } from './render-text.ts';
import { run } from './run.ts';
import type { Session } from './session.ts';
import { facts } from './table.ts';
import { parseCount, showSize } from './units.ts';

interface TailOptions {
  filter?: string;
  traces?: true;
  last: number;
}

/** `postdeck logs tail` and `pull`: the log of a server, through its mirror here. */
export function addLiveLogs(logs: Command): void {
  logs
    .command('tail')
    .description('follow the log of a server; Ctrl-C ends it')
    .option('--filter <text>', 'only lines that hold this, in any case of ASCII letters')
    .option('--traces', 'the traces that new lines belong to, as they are now, instead of lines')
    .option('--last <n>', 'lines of the past to begin with', parseCount, 0)
    .action((options: TailOptions, command: Command) => run(command, (session) => tail(session, options)));
  logs
    .command('pull')
    .description('fetch what is new in the log of a server, into its mirror and index here')
    .action((_options: unknown, command: Command) =>
      run(command, async (session) => {
        const { client, out } = session;
        const server = await session.server();
        await session.onServer(server, async () => {
          const started = await client.logs.pull({ serverId: server.id });
          await follow(session, started, 'Stopping; what was fetched stays');
          const { failure } = await client.jobs.show({ jobId: started.id });
          if (failure === null) return;
          const { code, message, hint, retryable, detail } = failure;
          throw new Failure(code, message, { hint: hint ?? undefined, retryable, detail });
        });
        await out.one(await client.logs.liveState({ serverId: server.id }), stateLines);
      }),
    );
}

async function tail(session: Session, { filter: text, traces, last }: TailOptions): Promise<void> {
  const { client, out, signal } = session;
  const server = await session.server();
  const input = {
    serverId: server.id,
    filter: text === undefined || text === '' ? {} : { text },
    lines: traces !== true,
    traces: traces === true,
    last,
  };
  // A host key or secret that is missing is asked for, and then the same is tried again.
  await session.onServer(server, async () => {
    const events = consume(await client.logs.tail(input, { signal }), (ack) => client.flow.ack(ack));
    for await (const batch of events) for (const event of batch) await tell(session, event);
  });
  async function tell(session: Session, event: LiveEvent): Promise<void> {
    switch (event.kind) {
      case 'lines':
        if (out.json) await out.list([event.lines], []);
        else await out.lines(event.lines.map(({ text }) => text));
        return;
      case 'traces':
        if (out.json) await out.list([event.traces.map(traceJson)], []);
        else await out.lines(event.traces.map(traceLine));
        return;
      case 'skipped':
        out.note(`${event.lines} lines were left out here; they are in the index`);
        return;
      case 'state':
        noteState(session, event.state);
        return;
      default:
        assertNever(event, 'event of a tail');
    }
  }
}

function noteState({ out }: Session, { state, place, failure, gaps }: LiveState): void {
  if (state === 'live') out.note(`Following ${place ?? 'the log'}`);
  if (state === 'retrying' && failure !== null) out.note(`Cut off, trying again: ${renderText(failure.message)}`);
  const gap = gaps.at(-1);
  if (gap !== undefined) out.note(renderText(gap.what));
}

function stateLines(state: LiveState): string[] {
  return facts([
    ['Log', state.place],
    ['Lines', String(state.lines)],
    ['Mirrored', showSize(state.bytes)],
    ['On disk', showSize(state.diskBytes)],
    ['From', state.first],
    ['To', state.last],
    ...state.gaps.map(({ what }) => ['Gap', renderText(what)] as const),
  ]);
}
