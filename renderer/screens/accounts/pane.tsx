import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconAlertCircle, IconPencil, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import type { Text } from '#shared/model/text.ts';
import { PANE } from '../../app/panes.ts';
import { useSay } from '../../i18n/words.ts';
import { IconButton, Key } from '../../ui/parts.tsx';
import side from '../../ui/side-pane.module.css';
import css from './pane.module.css';

/** The drawer at the right: it pushes the grid and holds one thing, or a form for a new one. */
export function Pane(props: {
  label: string;
  title: ReactNode;
  sub?: ReactNode;
  menu?: ReactNode;
  tabs?: ReactNode;
  footer?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const body = useRef<HTMLDivElement>(null);
  // In a field Esc leaves the field: what was typed stays. The next Esc closes.
  useEffect(() => {
    const box = body.current;
    const leave = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.target === box) return;
      event.preventDefault();
      box?.focus({ preventScroll: true });
    };
    box?.addEventListener('keydown', leave);
    return () => box?.removeEventListener('keydown', leave);
  }, []);
  return (
    <aside className={`${side.pane} ${css.pane}`} aria-label={props.label} {...PANE}>
      <header className={css.head}>
        <div className={side.title}>
          <h2>{props.title}</h2>
          {props.menu}
          <IconButton label={t`Close`} keys="Esc" onClick={props.onClose}>
            <IconX size={15} />
          </IconButton>
        </div>
        {props.sub !== undefined && <div className={css.sub}>{props.sub}</div>}
      </header>
      {props.tabs}
      <div className={css.scroll} tabIndex={-1} ref={body}>
        {props.children}
      </div>
      {props.footer}
    </aside>
  );
}

export interface Tab<Id extends string> {
  id: Id;
  label: ReactNode;
  count?: number;
  /** Holds something typed that is not applied. */
  changed?: boolean;
}

export function Tabs<Id extends string>(props: {
  label: string;
  tabs: readonly Tab<Id>[];
  value: Id;
  onChange: (id: Id) => void;
}) {
  const { tabs, value, onChange } = props;
  const { t } = useLingui();
  return (
    <div role="tablist" aria-label={props.label} className={css.tabs}>
      {tabs.map((tab, at) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          aria-selected={tab.id === value}
          tabIndex={tab.id === value ? 0 : -1}
          onClick={() => onChange(tab.id)}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
            const next = tabs[(at + step + tabs.length) % tabs.length];
            if (step === 0 || next === undefined) return;
            event.preventDefault();
            onChange(next.id);
            (event.currentTarget.parentElement?.children[tabs.indexOf(next)] as HTMLElement | undefined)?.focus();
          }}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && <span className={css.tabCount}>{tab.count}</span>}
          {tab.changed === true && <span className={css.tabMark} role="img" aria-label={t`changed`} />}
        </button>
      ))}
    </div>
  );
}

/**
 * A row of a form: label left, the field, what it was, what is wrong. The field gets its name through `id`; a row with
 * several parts names each of them itself and passes `group`.
 */
export function Row(props: {
  label: ReactNode;
  changed?: boolean;
  was?: ReactNode;
  problem?: Text | undefined;
  hint?: ReactNode;
  group?: boolean;
  children: (id: string, describedBy: string) => ReactNode;
}) {
  const id = useId();
  const say = useSay();
  const note = `${id}-note`;
  return (
    <div className={css.row} data-changed={props.changed === true || undefined}>
      {props.group === true ? (
        <span className={css.label}>{props.label}</span>
      ) : (
        <label className={css.label} htmlFor={id}>
          {props.label}
        </label>
      )}
      <div className={css.field}>
        {props.children(id, note)}
        <div id={note}>
          {props.problem !== undefined && (
            <p className={css.problem} role="alert">
              <IconAlertCircle size={12} aria-hidden="true" />
              {say(props.problem)}
            </p>
          )}
          {props.changed === true && props.problem === undefined && props.was !== undefined && (
            <p className={css.was}>
              <IconPencil size={12} aria-hidden="true" />
              <span>{props.was}</span>
            </p>
          )}
          {props.hint !== undefined && <p className={css.hint}>{props.hint}</p>}
        </div>
      </div>
    </div>
  );
}

/** Counts what was typed and leads to the change dialog. */
export function Footer(props: {
  changes: number;
  ready: boolean;
  word?: ReactNode;
  onDiscard: () => void;
  onReview: () => void;
}) {
  return (
    <footer className={css.foot}>
      <span className={props.changes > 0 ? css.count : 'pd-3'} role="status">
        {props.changes > 0 && <IconPencil size={14} aria-hidden="true" />}
        {props.changes === 0 ? (
          <Trans>Nothing changed</Trans>
        ) : (
          <Plural value={props.changes} one="# change, not applied" other="# changes, not applied" />
        )}
      </span>
      <Button disabled={props.changes === 0} onClick={props.onDiscard}>
        <Trans>Discard</Trans>
      </Button>
      <Button
        variant="ink"
        disabled={props.changes === 0 || !props.ready}
        onClick={props.onReview}
        rightSection={<Key>Ctrl S</Key>}
      >
        {props.word ?? <Trans>Review…</Trans>}
      </Button>
    </footer>
  );
}

/** Lines a pane says before its fields. */
export function Say(props: { tone?: 'warn' | 'bad' | 'ok'; icon?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.say} data-tone={props.tone} role={props.tone === undefined ? undefined : 'status'}>
      {props.icon}
      <div>{props.children}</div>
    </div>
  );
}

/** For `ref` of the field a new form begins with: it was opened to be typed into. */
export const focusFirst = (field: HTMLInputElement | null): void => field?.focus({ preventScroll: true });

export { css as paneCss };
