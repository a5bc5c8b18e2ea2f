import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { AccountAbilities } from '#shared/model/account.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Text } from '#shared/model/text.ts';
import { useApi, useLive, useWireState } from '../../api/console.tsx';
import type { PagedRows } from '../../ui/grid/paged-rows.ts';
import { isRunning } from '../../app/jobs/job-words.ts';

/** The last reading of a server's accounts, aliases and domains, as far as one line tells it. */
export interface Reading {
  readAt: string;
  total: number;
  blocked: number;
  abilities: AccountAbilities | null;
  notes: readonly Text[];
  /** Used space was read too. */
  usage: boolean;
}

export interface Directory {
  reading: Reading | null;
  /** Why the last reading did not come about; null: it did, or is under way for the first time. */
  failure: FailureData | null;
  busy: boolean;
  /** Counts readings: rows are asked for again when it moves. */
  version: number;
  read: () => void;
}

/** Seconds a reading made by another screen or window is taken over. */
const FRESH = 30;

/**
 * Reads accounts twice: names at once, then with used space, which opens every mailbox's index. Reads again after
 * each job that ends on the server.
 */
export function useDirectory(serverId: string): Directory {
  const api = useApi();
  const wire = useWireState();
  const [reading, setReading] = useState<Reading | null>(null);
  const [failure, setFailure] = useState<FailureData | null>(null);
  const [busy, setBusy] = useState(false);
  const [version, setVersion] = useState(0);
  const control = useRef<AbortController | null>(null);

  const run = useCallback(
    async (maxAge: number) => {
      control.current?.abort();
      const mine = new AbortController();
      control.current = mine;
      const { signal } = mine;
      setBusy(true);
      try {
        for (const usage of [false, true]) {
          const {
            accounts: _,
            matching: __,
            ...found
          } = await api.client.accounts.list({ serverId, usage, maxAge, count: 1 }, { signal });
          if (signal.aborted) return;
          setReading({ ...found, usage });
          setFailure(null);
          setVersion((now) => now + 1);
        }
      } catch (error) {
        if (signal.aborted) return;
        const failed = failureOf(error, signal);
        if (failed.code !== 'CANCELLED') setFailure(failed);
      } finally {
        if (control.current === mine) {
          control.current = null;
          setBusy(false);
        }
      }
    },
    [api, serverId],
  );

  useEffect(() => {
    if (wire !== 'open') return;
    void run(FRESH);
    return () => control.current?.abort();
  }, [run, wire]);

  const running = [...useLive(api.jobs).values()].filter((job) => job.serverId === serverId && isRunning(job)).length;
  const before = useRef(running);
  useEffect(() => {
    if (running < before.current) void run(0);
    before.current = running;
  }, [running, run]);

  return { reading, failure, busy, version, read: useCallback(() => void run(0), [run]) };
}

/** Rows of a view; renders again when their count changes, and asks for them again when `version` moves. */
export function useWindow<View, Row, Head>(
  source: PagedRows<View, Row, Head>,
  view: View,
  version: number,
): PagedRows<View, Row, Head> {
  useSyncExternalStore(source.subscribe, source.outline);
  const name = JSON.stringify(view);
  const first = useRef(true);
  useEffect(() => {
    if (version > 0) source.show(JSON.parse(name) as View);
    // A reading that ends is `refresh`'s business; only the very first one shows anything.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [source, name, version > 0]);
  useEffect(() => {
    if (first.current) first.current = version === 0;
    else void source.refresh();
  }, [source, version]);
  useEffect(() => () => source.dispose(), [source]);
  return source;
}
