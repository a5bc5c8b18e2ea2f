import { Trans } from '@lingui/react/macro';
import { IconClock } from '@tabler/icons-react';
import { memo } from 'react';
import type { TraceEvent } from '#shared/model/log.ts';
import type { TraceLine } from '#shared/model/trace.ts';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { visible, visibleLine } from '../../ui/visible.ts';
import type { PlannedTry } from './planned-try.ts';
import css from './story.module.css';
import { quoted, type Step, withoutHead } from './story-steps.ts';
import { stepLook, useStepTitle } from './trace-words.tsx';

/** Characters of one raw line on screen: a line may be 10 MB. Copying takes what the console sent. */
const SHOWN = 4000;

/** One stage and the lines that say so, in one row under one highlight. */
export const StoryStep = memo(function StoryStep(props: {
  step: Step;
  next: Step | undefined;
  /** Something planned stands after the last one. */
  more: boolean;
  lines: readonly TraceLine[];
  active: boolean;
  times: boolean;
  wrap: boolean;
  onChoose: () => void;
}) {
  const { step, next, active } = props;
  const format = useFormat();
  const say = useSay();
  const title = useStepTitle();
  const { tone, icon } = stepLook(step.event);
  const gap = next?.gap ?? null;
  const long = (gap !== null && gap > 60) || (next === undefined && props.more);
  return (
    // The whole row is the place to hit; for the keyboard its title is the button.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- see above
    <li className={css.step} data-active={active} aria-current={active ? 'step' : undefined} onClick={props.onChoose}>
      <div className={css.stage} data-end={next === undefined && !props.more} data-long={long}>
        <span className={css.dot} data-tone={tone ?? 'none'} aria-hidden="true">
          {icon}
        </span>
        <div className={css.stageText}>
          <div className={css.stageHead}>
            <button type="button" className={css.stageTitle} onClick={props.onChoose}>
              {title(step)}
            </button>
            <span className={`${css.time} pd-mono`}>{timeOf(step.event.time, (at) => format.seconds(at))}</span>
          </div>
          <div className={css.what}>
            {step.event.program !== null && <span className="pd-mono">{shortProgram(step.event.program)} </span>}
            {say(step.event.what).slice(0, 400)}
          </div>
          {active && step.event.delays !== null && <Delays delays={step.event.delays} />}
          {gap !== null && gap >= 0.1 && (
            <div className={css.gap}>
              {next?.waited === true ? (
                <Trans>{format.took(gap * 1000)} waiting in the queue</Trans>
              ) : gap >= 172_800 ? (
                format.age(gap)
              ) : (
                format.took(gap * 1000)
              )}
            </div>
          )}
        </div>
      </div>
      <ul className={css.lines}>
        {step.lines.map((place) => {
          const line = props.lines[place];
          return line === undefined ? null : (
            <Line key={place} line={line} whole={active || props.wrap} times={props.times} mark={active} />
          );
        })}
      </ul>
    </li>
  );
});

/** What has no line yet: when mail that waits is tried again. */
export function PlannedStep(props: { planned: PlannedTry; estimated: boolean }) {
  const { planned } = props;
  const format = useFormat();
  const now = useNow(10);
  const left = (planned.from - now) / 1000;
  return (
    <li className={`${css.step} ${css.planned}`}>
      <div className={css.stage} data-end="true">
        <span className={css.dot} data-tone="none" aria-hidden="true">
          <IconClock size={13} />
        </span>
        <div className={css.stageText}>
          <div className={css.stageHead}>
            <span className={css.stageTitle}>
              <Trans>Try {planned.attempt}, planned</Trans>
            </span>
            <span className={`${css.time} pd-mono`}>
              <Trans>about {format.clock(planned.from)}</Trans>
            </span>
          </div>
          <div className={css.what}>
            {left > 0 && left < 86_400 ? (
              <Trans>
                in {format.age(left)}, at the latest {format.age(planned.queueRun)} after
              </Trans>
            ) : (
              <Trans>until {format.clock(planned.to)} at the latest</Trans>
            )}
          </div>
        </div>
      </div>
      <p className={css.noLine}>
        {props.estimated ? (
          <Trans>no line yet; estimated from Postfix’s default retry settings</Trans>
        ) : (
          <Trans>no line yet; computed from the retry settings of this server</Trans>
        )}
      </p>
    </li>
  );
}

function Line(props: { line: TraceLine; whole: boolean; times: boolean; mark: boolean }) {
  const { line } = props;
  const cut = line.text.slice(0, SHOWN);
  const text = props.times || props.mark ? cut : withoutHead(cut);
  const { before, words, after } = quoted(text);
  const name = line.file.split(/[/\\]/).at(-1) ?? line.file;
  return (
    <li className={css.line}>
      <span className={css.place} data-tip={`${line.file}:${line.line}`}>
        <span className="pd-clip">{visibleLine(name)}</span>
        <span>:{line.line}</span>
      </span>
      <code className={css.raw} data-whole={props.whole}>
        {visible(before)}
        {words !== '' && (props.mark ? <mark>{visible(words)}</mark> : visible(words))}
        {visible(after)}
        {line.text.length > SHOWN && '…'}
      </code>
    </li>
  );
}

function Delays(props: { delays: NonNullable<TraceEvent['delays']> }) {
  const { before, queue, connect, transfer } = props.delays;
  const format = useFormat();
  const took = (seconds: number) => format.took(seconds * 1000);
  return (
    <div className={css.delays}>
      <Trans>
        before the queue {took(before)}, in it {took(queue)}, connecting {took(connect)}, sending {took(transfer)}
      </Trans>
    </div>
  );
}

function shortProgram(program: string): string {
  return visibleLine(program.slice(program.lastIndexOf('/') + 1).slice(0, 24));
}

/** With milliseconds where the log has them. */
function timeOf(time: string | null, seconds: (at: string) => string): string {
  if (time === null) return '';
  const part = new Date(time).getMilliseconds();
  return part === 0 ? seconds(time) : `${seconds(time)}.${String(part).padStart(3, '0')}`;
}
