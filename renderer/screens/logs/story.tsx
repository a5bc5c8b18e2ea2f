import { Trans, useLingui } from '@lingui/react/macro';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { LogSource, TraceStory } from '#shared/model/log.ts';
import type { RetryTimes } from '#shared/model/server.ts';
import { useApi } from '../../api/console.tsx';
import { useKeys } from '../../app/keys.ts';
import { PANE } from '../../app/panes.ts';
import { useLate } from '../../app/unreachable.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { CopyButton, copyText } from '../../ui/copy-button.tsx';
import { IconButton, Key, Notice, Spinner } from '../../ui/parts.tsx';
import { LogFailure } from './log-states.tsx';
import css from './story.module.css';
import { StoryHead } from './story-head.tsx';
import { plannedTry } from './planned-try.ts';
import { PlannedStep, StoryStep } from './story-step.tsx';
import { linesText, stepsOf } from './story-steps.ts';

/** What happened to one mail or session: a sentence, then stages with their delays and raw lines side by side. */
export function Story(props: {
  source: LogSource;
  id: string;
  /** Epoch milliseconds up to which the log is known: what is planned after it has no line yet. */
  end: number;
  /** Changes when the trace does: a story that goes on is read again. */
  stamp?: number;
  onOpen: (id: string) => void;
  onClose: () => void;
  onQuery: (query: string) => void;
}) {
  const { t } = useLingui();
  const api = useApi();
  const late = useLate();
  const { data, error, refetch } = useQuery(
    api.query.logs.trace.queryOptions({
      input: { source: props.source, id: props.id },
      // A story of 5,000 lines is some MB: only the last few are kept.
      gcTime: 20_000,
      staleTime: 60_000,
    }),
  );
  const known = useRef(props.stamp);
  useEffect(() => {
    if (known.current === props.stamp) return;
    known.current = props.stamp;
    void refetch();
  }, [props.stamp, refetch]);
  return (
    <section className={css.story} aria-label={t`Story`}>
      <div className={css.close}>
        <IconButton label={t`Close the story`} keys="Esc" onClick={props.onClose}>
          <IconX size={15} />
        </IconButton>
      </div>
      {error !== null ? (
        <LogFailure title={<Trans>The story could not be read</Trans>} error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        late && <Notice icon={<Spinner />} title={<Trans>Reading the lines</Trans>} />
      ) : (
        <Told {...props} story={data} />
      )}
    </section>
  );
}

/** Step to begin with: where it went wrong, else where it ended well, else the first. */
function firstStep(steps: ReturnType<typeof stepsOf>): number {
  const bad = steps.findLastIndex(({ event }) => event.outcome !== null && event.outcome !== 'sent');
  if (bad >= 0) return bad;
  const good = steps.findLastIndex(({ event }) => event.outcome !== null);
  return Math.max(0, good);
}

const TIMES = 'postdeck.logs.times';
const WRAP = 'postdeck.logs.wrap';

/** A choice that lasts as long as the window. */
function useKept(name: string): [boolean, () => void] {
  const [on, setOn] = useState(() => sessionStorage.getItem(name) === 'on');
  const toggle = () => {
    sessionStorage.setItem(name, on ? 'off' : 'on');
    setOn(!on);
  };
  return [on, toggle];
}

/** What the server of a log has set for its tries; undefined: the log is of files, or the server did not tell. */
function useRetryTimes(source: LogSource): RetryTimes | undefined {
  const api = useApi();
  const serverId = source.from === 'server' ? source.serverId : '';
  const { data } = useQuery(
    api.query.servers.probe.queryOptions({ input: { serverId }, enabled: source.from === 'server' }),
  );
  return data?.retry ?? undefined;
}

function Told(props: {
  source: LogSource;
  story: TraceStory;
  end: number;
  onOpen: (id: string) => void;
  onQuery: (query: string) => void;
}) {
  const { story } = props;
  const { t } = useLingui();
  const format = useFormat();
  const steps = useMemo(() => stepsOf(story), [story]);
  const retry = useRetryTimes(props.source);
  const planned = plannedTry(story.trace, story.events, props.end, retry);
  const [at, setAt] = useState(() => firstStep(steps));
  const [times, toggleTimes] = useKept(TIMES);
  const [wrap, toggleWrap] = useKept(WRAP);
  const list = useRef<HTMLOListElement>(null);

  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  const move = (by: number) => setAt((now) => Math.max(0, Math.min(steps.length - 1, now + by)));
  useKeys({
    n: () => move(1),
    p: () => move(-1),
    t: toggleTimes,
    w: toggleWrap,
    c: () => void copyText(linesText(story.lines, steps[at]?.lines ?? [])),
  });

  const shown = format.count(story.lines.length);
  const all = format.count(story.lines.length + story.linesLeftOut);
  const text = () => story.lines.map((line) => line.text).join('\n');
  return (
    <>
      <StoryHead trace={story.trace} onOpen={props.onOpen} onQuery={props.onQuery} />
      <div className={css.heads}>
        <span className={css.headLeft}>
          <Trans>What happened</Trans> <Key muted>N</Key> <Key muted>P</Key>
        </span>
        <span className={css.headRight}>
          <span className="pd-clip" data-tip="">
            <strong>
              <Trans>The lines that say so</Trans>
            </strong>{' '}
            <span className="pd-3">
              {times ? (
                <Trans>
                  {shown} of {all}
                </Trans>
              ) : (
                <Trans>
                  {shown} of {all}; time and host hidden
                </Trans>
              )}
            </span>
          </span>
          <span className={css.headEnd}>
            <button type="button" className="pd-link" aria-pressed={times} onClick={toggleTimes}>
              {times ? <Trans>Hide time</Trans> : <Trans>Show time</Trans>} <Key muted>T</Key>
            </button>
            <button type="button" className="pd-link" aria-pressed={wrap} onClick={toggleWrap}>
              {wrap ? <Trans>Clamp</Trans> : <Trans>Wrap</Trans>} <Key muted>W</Key>
            </button>
            <CopyButton text={text()}>
              <Trans>Copy all</Trans>
            </CopyButton>
          </span>
        </span>
      </div>
      <div className={css.scroll} tabIndex={0} role="region" aria-label={t`Stages and lines`} {...PANE}>
        <ol className={css.steps} ref={list}>
          {steps.map((step, index) => (
            <StoryStep
              key={step.event.line}
              step={step}
              next={steps[index + 1]}
              more={planned !== null}
              lines={story.lines}
              active={index === at}
              times={times}
              wrap={wrap}
              onChoose={() => setAt(index)}
            />
          ))}
          {planned !== null && <PlannedStep planned={planned} estimated={retry === undefined} />}
        </ol>
        {steps.length === 0 && (
          <p className={css.nothing}>
            <Trans>The log holds no line of it that can be shown.</Trans>
          </p>
        )}
        {story.linesLeftOut > 0 && (
          <p className={css.nothing}>
            <Trans>{format.count(story.linesLeftOut)} more lines are in the log and not shown here.</Trans>
          </p>
        )}
      </div>
    </>
  );
}
