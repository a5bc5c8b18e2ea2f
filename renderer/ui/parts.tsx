import { Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './parts.module.css';

/** A key as it is printed on the keyboard. Hidden below 1360 px, where buttons need the room. */
export function Key(props: { children: ReactNode; always?: boolean; muted?: boolean }) {
  const look = [css.key, props.always === true ? '' : css.roomy, props.muted === true ? css.muted : ''];
  return <kbd className={look.join(' ')}>{props.children}</kbd>;
}

export type Tone = 'ok' | 'warn' | 'bad' | 'held' | 'run' | 'mute';

/** Status: icon and word together. `bare` in grids, with a background in heads. */
export function Badge(props: { tone: Tone; icon: ReactNode; children: ReactNode; bare?: boolean; quiet?: boolean }) {
  const tone = props.quiet === true ? css.quiet : '';
  return (
    <span className={`${css.badge} ${props.bare === true ? css.bare : ''} ${tone}`} data-tone={props.tone}>
      <span className={css.badgeIcon} aria-hidden="true">
        {props.icon}
      </span>
      <span className="pd-clip">{props.children}</span>
    </span>
  );
}

/** An icon alone, with its name for the tooltip and for those who cannot see it. */
export function IconButton(props: {
  label: string;
  keys?: string;
  onClick: () => void;
  children: ReactNode;
  disabled?: boolean;
  pressed?: boolean;
  mark?: boolean;
}) {
  return (
    <Tooltip label={props.keys === undefined ? props.label : `${props.label}  ${props.keys}`}>
      <button
        type="button"
        className="pd-icon-button"
        aria-label={props.label}
        aria-pressed={props.pressed}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        {props.children}
        {props.mark === true && <span className={css.mark} />}
      </button>
    </Tooltip>
  );
}

/** Facts, label left. */
export function Facts(props: { children: ReactNode }) {
  return <dl className={css.facts}>{props.children}</dl>;
}

export function Fact(props: { label: ReactNode; children: ReactNode; mono?: boolean }) {
  return (
    <>
      <dt className="pd-clip" data-tip="">
        {props.label}
      </dt>
      <dd className={props.mono === true ? 'pd-mono' : undefined}>{props.children}</dd>
    </>
  );
}

/** One of a few, always in sight. */
export function Choices<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; label: ReactNode; count?: string }[];
  onChange: (value: T) => void;
}) {
  // Where none is chosen the first can be reached.
  const stop = props.options.some((option) => option.value === props.value) ? props.value : props.options[0]?.value;
  return (
    <div className={css.choices} role="radiogroup" aria-label={props.label}>
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === props.value}
          tabIndex={option.value === stop ? 0 : -1}
          onClick={() => props.onChange(option.value)}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
            if (step === 0) return;
            event.preventDefault();
            event.stopPropagation();
            const at = props.options.findIndex((each) => each.value === props.value);
            const next = props.options[(at + step + props.options.length) % props.options.length];
            if (next === undefined) return;
            props.onChange(next.value);
            const row = event.currentTarget.parentElement;
            const index = props.options.indexOf(next);
            (row?.children[index] as HTMLElement | undefined)?.focus();
          }}
        >
          {option.label}
          {option.count !== undefined && <span className={css.choiceCount}>{option.count}</span>}
        </button>
      ))}
    </div>
  );
}

/** Work under way: an arc that turns, or a still clock for those who asked for no motion. */
export function Spinner() {
  return (
    <svg className={css.spinner} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <circle className={css.spinnerTrack} cx="8" cy="8" r="6" />
      <path className={css.spinnerArc} d="M8 2a6 6 0 0 1 6 6" />
      <path className={css.spinnerClock} d="M8 4.5V8l2.4 1.6" />
    </svg>
  );
}

/** Commands or output, in mono on the sunken ground. */
export function Code(props: { children: ReactNode; label: string }) {
  return (
    <section className={css.code} aria-label={props.label} tabIndex={0}>
      {props.children}
    </section>
  );
}

/** What is there instead of rows: a title, a sentence, ways out. */
export function Notice(props: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  tone?: 'bad';
  icon?: ReactNode;
}) {
  return (
    <div className={css.notice} role={props.tone === 'bad' ? 'alert' : 'status'}>
      <h2 className={css.noticeTitle} data-tone={props.tone}>
        {props.icon}
        {props.title}
      </h2>
      {props.children !== undefined && <div className={css.noticeText}>{props.children}</div>}
      {props.actions !== undefined && <div className={css.noticeActions}>{props.actions}</div>}
    </div>
  );
}
