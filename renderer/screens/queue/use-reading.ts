import { useCallback, useEffect, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { QueueReading } from '#shared/model/queue.ts';
import { useApi, useLive, useSettings, useWireState } from '../../api/console.tsx';
import { isRunning } from '../../app/jobs/job-words.ts';
import { restAfter } from './rest-after.ts';

export interface ReadingState {
  reading: QueueReading | null;
  /** The last reading that came to an end, which is the one in sight; null: none did since the screen was opened. */
  shown: QueueReading | null;
  /** Why the last reading did not come about; null: it did, or is under way for the first time. */
  failure: FailureData | null;
  busy: boolean;
  live: boolean;
  /** Seconds from the end of a reading to the next; longer than asked for where reading takes long. 0: only when asked. */
  every: number;
  setLive: (live: boolean) => void;
  /** Reads again now. */
  read: () => void;
  stop: () => void;
}

/** Seconds to wait before a failed reading is tried again by itself. */
const RETRY = 20;
/** Between two looks at the rows of a list that still comes. The first one is at once; the rest only makes it longer. */
const GROWS_MS = 1000;

/**
 * Keeps the reading of a server's queue fresh while its screen is on view: at once, then every `refreshSeconds`, and
 * after each job that ends there.
 *
 * @param onRows Called when there may be other rows to show.
 */
export function useReading(serverId: string, onRows: () => void): ReadingState {
  const api = useApi();
  const cache = useQueryClient();
  const wire = useWireState();
  const { refreshSeconds } = useSettings();
  const [reading, setReading] = useState<QueueReading | null>(null);
  const [shown, setShown] = useState<QueueReading | null>(null);
  const [failure, setFailure] = useState<FailureData | null>(null);
  const [busy, setBusy] = useState(false);
  const [live, setLive] = useState(true);
  const control = useRef<AbortController | null>(null);
  const rows = useRef(onRows);
  rows.current = onRows;

  const run = useCallback(
    async (maxAge: number) => {
      control.current?.abort();
      const mine = new AbortController();
      control.current = mine;
      setBusy(true);
      let later: ReturnType<typeof setTimeout> | undefined;
      try {
        let told = Number.NEGATIVE_INFINITY;
        const look = () => {
          clearTimeout(later);
          later = undefined;
          told = performance.now();
          rows.current();
        };
        for await (const event of await api.client.queue.read({ serverId, maxAge }, { signal: mine.signal })) {
          if (mine.signal.aborted) return;
          setReading(event);
          if (event.state === 'complete' || event.state === 'cut-short') setShown(event);
          const input = { serverId };
          cache.setQueryData(api.query.queue.reading.queryKey({ input }), event);
          if (event.state !== 'reading' || performance.now() - told > GROWS_MS) look();
          // a listing may stop after any event
          else later ??= setTimeout(look, GROWS_MS);
        }
        if (mine.signal.aborted) return;
        setFailure(null);
        rows.current();
        await cache.invalidateQueries({ queryKey: api.query.queue.levels.key({ input: { serverId } }) });
      } catch (error) {
        if (mine.signal.aborted) return;
        const failed = failureOf(error, mine.signal);
        if (failed.code !== 'CANCELLED') setFailure(failed);
        rows.current();
      } finally {
        clearTimeout(later);
        if (control.current === mine) {
          control.current = null;
          setBusy(false);
        }
      }
    },
    [api, cache, serverId],
  );

  useEffect(() => {
    setReading(null);
    setShown(null);
    setFailure(null);
    if (wire !== 'open') return;
    void run(refreshSeconds === 0 ? 3600 : refreshSeconds);
    return () => control.current?.abort();
    // refreshSeconds only says how old the first reading may be; a change of it must not read anew.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [run, wire]);

  const every = restAfter(reading?.ms ?? 0, refreshSeconds);
  const wait = failure === null ? every : failure.retryable && refreshSeconds > 0 ? Math.max(RETRY, every) : 0;
  useEffect(() => {
    if (!live || busy || wait === 0 || wire !== 'open') return;
    const timer = setTimeout(() => {
      if (document.visibilityState === 'visible') void run(0);
      else document.addEventListener('visibilitychange', () => void run(0), { once: true });
    }, wait * 1000);
    return () => clearTimeout(timer);
  }, [live, busy, wait, wire, run]);

  const running = [...useLive(api.jobs).values()].filter((job) => job.serverId === serverId && isRunning(job)).length;
  const before = useRef(running);
  useEffect(() => {
    if (running < before.current) void run(0);
    before.current = running;
  }, [running, run]);

  return {
    reading,
    shown,
    failure,
    busy,
    live,
    every,
    setLive,
    read: useCallback(() => void run(0), [run]),
    stop: useCallback(() => {
      control.current?.abort();
      control.current = null;
      setBusy(false);
    }, []),
  };
}
