import { Failure } from '#shared/model/failure.ts';
import type { QueueFilter, QueueMessage, QueueSort } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import { base64Chunks } from '../door/base64.ts';
import type { Credits } from '../door/credit.ts';
import type { Edge } from '../door/edge.ts';
import { LIST_BATCH } from '../limits.ts';
import type { Sessions } from '../servers/sessions.ts';
import { levelsSince } from '../store/level-rows.ts';
import type { Store } from '../store/store.ts';
import { messageTest } from './filter.ts';
import { thinOut } from './levels.ts';
import { openMessage } from './message.ts';
import { cutShort, needsLogins } from './reading-words.ts';
import type { QueueReadings } from './readings.ts';
import type { Snapshot } from './snapshot.ts';
import { sortPlaces } from './sort.ts';

export interface QueueServices {
  readings: QueueReadings;
  sessions: Sessions;
  store: Store;
  credits: Credits;
  /** The id of the server with this id or name. Throws NOT_FOUND. */
  idOf: (server: string) => string;
}

export function queueHandlers(os: Edge, services: QueueServices) {
  const { readings, sessions, store, credits, idOf } = services;
  const shown = async (server: string, logins: boolean, signal: AbortSignal): Promise<Snapshot> => {
    const serverId = idOf(server);
    const snapshot = readings.shown(serverId);
    if (snapshot === null) {
      throw new Failure(
        'NOT_FOUND',
        text(/*i18n*/ { id: 'queue.unread', message: 'The queue has not been read yet' }),
        {
          hint: text(/*i18n*/ { id: 'queue.unread.hint', message: 'Read it first' }),
        },
      );
    }
    return logins ? await readings.withLogins(serverId, snapshot, signal) : snapshot;
  };
  return {
    read: os.queue.read.handler(({ input, signal }) => readings.watch(idOf(input.serverId), input.maxAge, signal)),
    reading: os.queue.reading.handler(({ input }) => readings.reading(idOf(input.serverId))),
    window: os.queue.window.handler(async ({ input, signal = never() }) => {
      const snapshot = await shown(input.serverId, needsLogins(input.filter, input.group), signal);
      return snapshot.window(input);
    }),
    summary: os.queue.summary.handler(async ({ input, signal = never() }) => {
      const { filter, by, maxAge } = input;
      const serverId = idOf(input.serverId);
      const last = maxAge === 0 ? readings.shown(serverId) : null;
      const snapshot = last ?? (await readings.read(serverId, maxAge, signal));
      // counts of a part are no counts of the queue
      if (last === null && snapshot.reading.state === 'cut-short') throw cutShort(snapshot.reading.read);
      if (needsLogins(filter, by)) await readings.withLogins(serverId, snapshot, signal);
      return snapshot.summary(filter, by);
    }),
    list: os.queue.list.handler(({ input, signal }) => {
      const asked = { ...input, serverId: idOf(input.serverId) };
      return credits.stream((stop) => listFresh(services, asked, stop), signal);
    }),
    show: os.queue.show.handler(async ({ input, signal = never() }) => {
      const session = await sessions.sessionFor(idOf(input.serverId), signal);
      return openMessage(session.queue, input.queueId, signal);
    }),
    source: os.queue.source.handler(({ input, signal }) =>
      credits.stream(async function* (stop) {
        const session = await sessions.sessionFor(idOf(input.serverId), stop);
        yield* base64Chunks(await session.queue.readSource(input.queueId, stop), stop);
      }, signal),
    ),
    levels: os.queue.levels.handler(({ input: { serverId, hours, points } }) =>
      thinOut(levelsSince(store, idOf(serverId), Date.now() - hours * 3_600_000), points),
    ),
  };
}

async function* listFresh(
  { readings, sessions }: QueueServices,
  { serverId, filter, sort, limit }: { serverId: string; filter: QueueFilter; sort: QueueSort | null; limit: number },
  signal: AbortSignal,
): AsyncGenerator<QueueMessage[], void, void> {
  if (sort !== null) {
    const snapshot = await readings.read(serverId, 0, signal);
    if (needsLogins(filter)) await readings.withLogins(serverId, snapshot, signal);
    const messages = snapshot.matching(filter);
    const places = sortPlaces(Uint32Array.from(messages.keys()), messages, sort);
    const wanted = limit === 0 ? places : places.subarray(0, limit);
    for (let at = 0; at < wanted.length; at += LIST_BATCH) {
      yield [...wanted.subarray(at, at + LIST_BATCH)].flatMap((place) => messages[place] ?? []);
    }
    if (snapshot.reading.state === 'cut-short') throw cutShort(snapshot.reading.read);
    return;
  }
  const session = await sessions.sessionFor(serverId, signal);
  const logins = needsLogins(filter) ? await session.queue.logins(signal) : null;
  const test = messageTest(filter, Date.now());
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  // Leaving the loop early ends the driver's generator, and with it the remote command.
  for await (const batch of session.queue.list({ signal })) {
    if (logins !== null) for (const message of batch) message.login = logins.get(message.id) ?? null;
    const matching = batch.filter(test).slice(0, left);
    left -= matching.length;
    yield matching;
    if (left <= 0) return;
  }
}

/** For calls that carry no signal (in process): one that never aborts. */
function never(): AbortSignal {
  return new AbortController().signal;
}
