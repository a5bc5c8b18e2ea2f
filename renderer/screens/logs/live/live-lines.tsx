/**
 * The raw lines are rows of the page's own grid, not a terminal: each is one thing to choose, copy or follow to its
 * story, and control sequences that a stranger writes into a log are shown, never obeyed.
 */
import { useLingui } from '@lingui/react/macro';
import { type ReactNode, type Ref } from 'react';
import { useFormat } from '../../../i18n/use-format.ts';
import { Cell, type Column, Grid, type GridHandle } from '../../../ui/grid/grid.tsx';
import { visibleLine } from '../../../ui/visible.ts';
import { liveKey } from './live-keys.ts';
import { CONCERN_TONE, concernOf, partsOf } from './line-look.ts';
import { CONCERN_ICON, MarkRowText } from './live-words.tsx';
import css from './live.module.css';
import type { LiveRow } from './ring.ts';

/** Characters of one line drawn. */
const SHOWN = 1000;

export function LiveLines(props: {
  rows: readonly LiveRow[];
  active: number;
  onActive: (index: number, open: boolean) => void;
  onOpen: (row: LiveRow) => void;
  onSpace: () => void;
  onEnd: (atEnd: boolean) => void;
  /** Names of servers; null: one only, its name says nothing. */
  nameOf: ((server: string) => string) | null;
  open: string | null;
  words: string | undefined;
  empty: ReactNode;
  ref: Ref<GridHandle>;
}) {
  const { rows, nameOf } = props;
  const { t } = useLingui();
  const format = useFormat();
  const columns: Column[] = [
    { id: 'time', width: '56px', head: t`Time` },
    ...(nameOf === null ? [] : [{ id: 'server', width: '84px', head: t`Server` }]),
    { id: 'line', width: 'minmax(0, 1fr)', head: t`Line` },
  ];
  return (
    <Grid
      ref={props.ref}
      label={t`Live lines`}
      columns={columns}
      count={rows.length}
      active={props.active}
      onActive={(index, how) => props.onActive(index, how.open)}
      onEnd={props.onEnd}
      onKey={(event) => liveKey(event, rows[props.active], props)}
      look={(index) => {
        const row = rows[index];
        if (row?.kind === 'mark') return { head: true };
        const trace = row?.line.trace ?? null;
        return { selected: trace !== null && props.open === `${row?.server} ${trace}` };
      }}
      cells={(index) => {
        const row = rows[index];
        if (row === undefined) return null;
        if (row.kind === 'mark') {
          return (
            <Cell span={columns.length}>
              <MarkRowText mark={row.mark} server={nameOf?.(row.server) ?? null} />
            </Cell>
          );
        }
        return (
          <>
            <Cell num tone={2}>
              {row.line.time === null ? '' : format.seconds(row.line.time)}
            </Cell>
            {nameOf !== null && <Cell tone={2}>{visibleLine(nameOf(row.server))}</Cell>}
            <Cell>
              <RawLine text={row.line.text} words={props.words} />
            </Cell>
          </>
        );
      }}
      empty={props.empty}
    />
  );
}

function RawLine(props: { text: string; words: string | undefined }) {
  const concern = concernOf(props.text);
  const { tag, id, rest } = partsOf(props.text.slice(0, SHOWN));
  return (
    <span className={css.raw}>
      <span className={css.concern} data-tone={concern === null ? undefined : CONCERN_TONE[concern]} aria-hidden="true">
        {concern !== null && CONCERN_ICON[concern]}
      </span>
      <span className={`${css.text} pd-clip`} data-tip="">
        {tag !== '' && <span className={css.tag}>{visibleLine(tag)}: </span>}
        {id !== '' && <span className={css.id}>{id}</span>}
        <Marked text={rest} words={props.words} />
      </span>
    </span>
  );
}

function Marked(props: { text: string; words: string | undefined }) {
  const { text, words } = props;
  const at = words === undefined ? -1 : text.toLowerCase().indexOf(words.toLowerCase());
  if (words === undefined || at < 0) return visibleLine(text);
  return (
    <>
      {visibleLine(text.slice(0, at))}
      <mark>{visibleLine(text.slice(at, at + words.length))}</mark>
      {visibleLine(text.slice(at + words.length))}
    </>
  );
}
