import type { LiveEvent, LogFilter } from '#shared/model/log.ts';
import { TAIL_BEHIND, TAIL_LINES, TAIL_MS } from '../limits.ts';
import { LIVE_SET, type LiveServer } from './live-server.ts';
import { pause } from './wait.ts';

export interface TailOptions {
  filter: LogFilter;
  lines: boolean;
  traces: boolean;
  /** Lines of the past to begin with. */
  last: number;
  /** Goes on at this place of an earlier tail instead. */
  from?: number | undefined;
}

/**
 * New lines and the traces they belong to, as they are indexed. A tail holds no lines: it is a place in the index that
 * moves on when its reader has taken what was before. So a reader may pause for as long as it likes, at no cost, until
 * so many lines lie between that nobody would read them: then it is told how many were left out.
 */
export async function* tail(
  server: LiveServer,
  { filter, lines, traces, last, from: begin }: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<LiveEvent[], void, void> {
  let wake: () => void = () => undefined;
  let news = true;
  const deaf = server.hear(() => {
    news = true;
    wake();
  });
  const over = (): void => wake();
  signal.addEventListener('abort', over, { once: true });
  /** Place of the next line; known when all that was there before is here. */
  let at = 0;
  let told = '';
  let leave: () => void = () => undefined;
  try {
    leave = server.follow();
    let ready = false;
    const caughtUp = server.caughtUp().then(
      () => {
        // Taken at this moment: a reader that pauses right after being told of it shall miss nothing.
        at = Math.min(server.lines, begin ?? Math.max(0, server.lines - last));
        ready = true;
        wake();
        return null;
      },
      (error: unknown) => ({ error }),
    );
    void caughtUp.then(() => wake());
    while (!signal.aborted) {
      news = false;
      const state = server.now;
      const events: LiveEvent[] = [];
      // Counts change with every batch: only what a person must know makes an event of its own.
      const { state: word, retryAt, rotations, gaps } = state;
      const key = JSON.stringify([word, retryAt, rotations, gaps.length]);
      if (key !== told) events.push({ kind: 'state', state });
      told = key;
      if (events.length > 0) yield events;
      if (state.state === 'failed' || state.state === 'off') {
        const failed = await caughtUp;
        if (failed !== null) throw failed.error;
        return;
      }
      if (ready) {
        const from = at;
        for (;;) {
          if (server.lines < at) at = server.lines; // the index was made anew from a shorter mirror
          if (server.lines - at > TAIL_BEHIND) {
            const skipped = server.lines - TAIL_LINES - at;
            at += skipped;
            yield [{ kind: 'skipped', lines: skipped }];
          }
          if (at >= server.lines || signal.aborted) break;
          const part = await server.thread.call('slice', [LIVE_SET, at, TAIL_LINES, filter, traces], { signal });
          at = part.next;
          const found: LiveEvent[] = [];
          if (lines && part.lines.length > 0) found.push({ kind: 'lines', lines: part.lines, next: at });
          if (part.traces.length > 0) found.push({ kind: 'traces', traces: part.traces, next: at });
          if (found.length > 0) yield found;
        }
        if (at > from) await pause(TAIL_MS, signal);
      }
      if (news) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (news || signal.aborted) resolve();
      });
    }
  } catch (error) {
    // Its reader left while a question was under way: an end, not a failure.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', over);
    deaf();
    leave();
  }
}
