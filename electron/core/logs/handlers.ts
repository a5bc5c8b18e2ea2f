import type { LogSource } from '#shared/model/log.ts';
import type { Credits } from '../door/credit.ts';
import type { Edge } from '../door/edge.ts';
import type { LiveLogs } from './live/live-logs.ts';
import type { LogSets } from './sets.ts';
import { pathOffers, zoneOf } from './inputs.ts';
import type { LogThread } from './thread/thread.ts';

export interface LogServices {
  sets: LogSets;
  live: LiveLogs;
  credits: Credits;
}

export function logHandlers(os: Edge, { sets, live, credits }: LogServices) {
  /** The thread and the set's name there that a question goes to. */
  const on = <T>(source: LogSource, act: (thread: LogThread, name: string) => Promise<T>): Promise<T> => {
    if (source.from === 'server') return live.ask(source.serverId, act);
    return sets.ask(source.name, () => act(sets.thread, source.name));
  };
  /** Makes sure that the set can be asked before its stream starts: a failure is then the call's own. */
  const stream = <T>(
    source: LogSource,
    parts: (thread: LogThread, name: string, stop: AbortSignal) => AsyncIterable<T[]>,
    signal?: AbortSignal,
  ) =>
    on(source, async (thread, name) => {
      await thread.call('extent', [name], { signal });
      return credits.stream((stop) => parts(thread, name, stop), signal);
    });
  return {
    sets: os.logs.sets.handler(({ signal }) => sets.list(signal)),
    set: os.logs.set.handler(({ input, signal }) => sets.show(input.name, signal)),
    index: os.logs.index.handler(({ input }) => sets.index(input)),
    paths: os.logs.paths.handler(({ input }) => pathOffers(input.typed, input.limit)),
    zoneOf: os.logs.zoneOf.handler(({ input }) => zoneOf(input.paths)),
    indexed: os.logs.indexed.handler(({ input }) => sets.indexed(input.jobId)),
    upload: os.logs.upload.handler(({ input: { uploadId, name, offset, part } }) =>
      sets.uploads.part(uploadId, name, offset, part),
    ),
    rename: os.logs.rename.handler(({ input }) => sets.rename(input.name, input.to)),
    drop: os.logs.drop.handler(({ input }) => sets.drop(input.name)),
    traces: os.logs.traces.handler(({ input: { source, filter, sort, offset, count }, signal }) =>
      on(source, (thread, name) => thread.call('traces', [name, filter, sort, offset, count], { signal })),
    ),
    trace: os.logs.trace.handler(({ input: { source, id }, signal }) =>
      on(source, (thread, name) => thread.call('trace', [name, id], { signal })),
    ),
    export: os.logs.export.handler(({ input: { source, filter, sort, limit }, signal }) =>
      stream(source, (thread, name, stop) => each(thread.stream('export', [name, filter, sort, limit], stop)), signal),
    ),
    lines: os.logs.lines.handler(({ input: { source, text, exact, limit }, signal }) =>
      stream(source, (thread, name, stop) => thread.stream('lines', [name, text, exact, limit], stop), signal),
    ),
    attribution: os.logs.attribution.handler(({ input: { source, file }, signal }) =>
      stream(source, (thread, name, stop) => each(thread.stream('attribution', [name, file], stop)), signal),
    ),
    report: os.logs.report.handler(({ input: { source, filter, by, limit, bucket }, signal }) =>
      on(source, (thread, name) => thread.call('report', [name, by, filter, limit, bucket], { signal })),
    ),
    values: os.logs.values.handler(({ input: { source, field, prefix, limit }, signal }) =>
      on(source, (thread, name) => thread.call('values', [name, field, prefix, limit], { signal })),
    ),
    liveState: os.logs.liveState.handler(({ input }) => live.state(input.serverId)),
    liveWatch: os.logs.liveWatch.handler(({ input, signal = never() }) => live.watch(input.serverId, signal)),
    pull: os.logs.pull.handler(({ input }) => live.pull(input.serverId)),
    tail: os.logs.tail.handler(({ input: { serverId, ...options }, signal }) =>
      credits.stream((stop) => live.tail(serverId, options, stop), signal),
    ),
    liveForget: os.logs.liveForget.handler(({ input }) => live.forget(input.serverId)),
  };
}

/** Each part as a batch of its own: blocks of text are large already. */
async function* each<T>(parts: AsyncIterable<T>): AsyncGenerator<T[], void, void> {
  for await (const part of parts) yield [part];
}

/** For calls that carry no signal (in process): one that never aborts. */
function never(): AbortSignal {
  return new AbortController().signal;
}
