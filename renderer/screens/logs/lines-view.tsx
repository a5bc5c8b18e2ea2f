import { Checkbox } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { consume } from '#shared/contract/consume.ts';
import type { LogSource } from '#shared/model/log.ts';
import type { TraceLine } from '#shared/model/trace.ts';
import { useApi } from '../../api/console.tsx';
import { PANE } from '../../app/panes.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { Key, Notice, Spinner } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { LogFailure } from './log-states.tsx';
import css from './logs.module.css';

const ROW = 20;
/** Lines fetched: 20,000 are some 6 MB on the page; a search that finds more is too wide to read. */
const MOST = 20_000;
/** Characters of one line drawn. */
const SHOWN = 2000;

interface Found {
  lines: readonly TraceLine[];
  state: 'reading' | 'done';
  error: unknown;
}

/** Raw lines that hold the free words of the search, whatever trace they belong to. */
export function LinesView(props: { source: LogSource; text: string | undefined; others: boolean }) {
  const { text } = props;
  const { t } = useLingui();
  const format = useFormat();
  const [exact, setExact] = useState(false);
  const [turn, setTurn] = useState(0);
  const found = useLines(props.source, text, exact, turn);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: found.lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  if (text === undefined) {
    return (
      <Notice title={<Trans>Which words?</Trans>}>
        <p>
          <Trans>
            Type words into the search bar <Key always>/</Key>: every raw line that holds them is shown here, in the
            order of the log, also lines that belong to no message.
          </Trans>
        </p>
      </Notice>
    );
  }
  if (found.error !== null) {
    return (
      <LogFailure
        title={<Trans>The lines could not be read</Trans>}
        error={found.error}
        onRetry={() => setTurn(turn + 1)}
      />
    );
  }
  const count = found.lines.length;
  return (
    <>
      <div className={css.bar}>
        <span className="pd-num" role="status">
          {count >= MOST ? (
            <Trans>The first {format.count(count)} lines; narrow the words to see others</Trans>
          ) : (
            <Plural value={count} one="# line" other="# lines" />
          )}
        </span>
        {found.state === 'reading' && <Spinner />}
        {props.others && (
          <span className="pd-clip">
            <Trans>Only the words count here, not the other terms.</Trans>
          </span>
        )}
        <Checkbox
          className={css.barEnd}
          label={t`Upper and lower case differ`}
          checked={exact}
          onChange={(event) => setExact(event.currentTarget.checked)}
        />
      </div>
      {count === 0 && found.state === 'done' ? (
        <Notice title={<Trans>No line holds these words</Trans>} />
      ) : (
        <div ref={scroller} className={css.rawList} tabIndex={0} role="region" aria-label={t`Lines`} {...PANE}>
          <div className={css.rawBody} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const line = found.lines[item.index];
              return line === undefined ? null : (
                <div key={item.key} className={css.rawLine} style={{ transform: `translateY(${item.start}px)` }}>
                  <span className={`${css.rawPlace} pd-clip`} data-tip={`${line.file}:${line.line}`}>
                    {visibleLine(line.file.split(/[/\\]/).at(-1) ?? '')}:{line.line}
                  </span>
                  <span className="pd-clip" data-tip="">
                    <Marked text={line.text.slice(0, SHOWN)} words={text} exact={exact} />
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      )}
    </>
  );
}

function Marked(props: { text: string; words: string; exact: boolean }) {
  const { text, words, exact } = props;
  const at = exact ? text.indexOf(words) : text.toLowerCase().indexOf(words.toLowerCase());
  if (at < 0) return visibleLine(text);
  return (
    <>
      {visibleLine(text.slice(0, at))}
      <mark>{visibleLine(text.slice(at, at + words.length))}</mark>
      {visibleLine(text.slice(at + words.length))}
    </>
  );
}

function useLines(source: LogSource, text: string | undefined, exact: boolean, turn: number): Found {
  const api = useApi();
  const log = JSON.stringify(source);
  const [found, setFound] = useState<Found>({ lines: [], state: 'reading', error: null });
  useEffect(() => {
    setFound({ lines: [], state: 'reading', error: null });
    if (text === undefined) return;
    const control = new AbortController();
    const run = async () => {
      const input = { source: JSON.parse(log) as LogSource, text, exact, limit: MOST };
      let all: readonly TraceLine[] = [];
      const stream = await api.client.logs.lines(input, { signal: control.signal });
      for await (const lines of consume(stream, (ack) => api.client.flow.ack(ack))) {
        if (control.signal.aborted) return;
        all = [...all, ...lines];
        setFound({ lines: all, state: 'reading', error: null });
      }
      if (!control.signal.aborted) setFound({ lines: all, state: 'done', error: null });
    };
    run().catch((error: unknown) => {
      if (!control.signal.aborted) setFound({ lines: [], state: 'done', error });
    });
    return () => control.abort();
    // A turn is the same question asked again.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [api, log, text, exact, turn]);
  return found;
}
