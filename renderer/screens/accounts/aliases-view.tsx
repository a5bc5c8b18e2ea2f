import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useCallback, useRef, useState, useSyncExternalStore } from 'react';
import type { Alias } from '#shared/model/alias.ts';
import { useCommands } from '../../app/commands.ts';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { PANE } from '../../app/panes.ts';
import { Cell, type Column, Grid, type GridHandle, TickBox } from '../../ui/grid/grid.tsx';
import { between, Ghost, GHOSTS, TickCell } from '../../ui/grid/list-parts.tsx';
import { Choices, Key, Notice } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import frame from '../../ui/screen.module.css';
import { parseQuery } from './account-query.ts';
import css from './accounts.module.css';
import { AliasPane } from './alias-pane.tsx';
import { AliasBadge, AliasKindWord } from './alias-words.tsx';
import { Age, ReadingFailed, Stale, TopBar } from './bars.tsx';
import { ListSearch, type SearchHandle } from './list-bar.tsx';
import { isPicked, NONE, type Picks, setPicks, togglePick } from './picks.ts';
import { type AliasView, useAliases } from './use-accounts.ts';
import type { ViewProps } from './view-props.ts';

type AliasShow = 'all' | 'problems' | 'external' | 'catch-all' | 'disabled';

export function AliasesView(view: ViewProps) {
  const { serverId, name, state, set, directory } = view;
  const { t } = useLingui();
  const dialogs = useDialogs();
  const [show, setShow] = useState<AliasShow>('all');
  const [picks, setPicked] = useState<Picks>(NONE);
  const [active, setActive] = useState(0);
  const [adding, setAdding] = useState(false);
  const search = useRef<SearchHandle>(null);
  const grid = useRef<GridHandle>(null);
  const anchor = useRef(0);

  const query = parseQuery(state.q);
  const filter: AliasView['filter'] = {
    ...(query.text === '' ? {} : { text: query.text.slice(0, 255) }),
    ...(query.domain === null ? {} : { domain: query.domain.slice(0, 255) }),
    ...(show === 'problems' ? { problems: true } : {}),
    ...(show === 'disabled' ? { enabled: false } : {}),
    ...(show === 'external' || show === 'catch-all' ? { kind: show } : {}),
  };
  const rows = useAliases({ serverId, filter }, directory.version);
  useSyncExternalStore(rows.subscribe, rows.version);
  const stale = directory.failure !== null;
  const loading = !stale && rows.count === null;
  const count = loading ? GHOSTS : (rows.count ?? 0);
  const opened = state.open === null ? undefined : rowOf(state.open);
  const ticked = [...picks.names];

  function rowOf(alias: string): Alias | undefined {
    const at = rows.indexOf((row) => row.name === alias);
    return at === undefined ? undefined : rows.rowAt(at);
  }
  const look = (change: () => void) => {
    setPicked(NONE);
    setActive(0);
    grid.current?.toTop();
    change();
  };
  const add = () => {
    if (stale) return;
    set({ open: null });
    setAdding(true);
  };
  const chosen = (): string[] => {
    const focused = rows.rowAt(active);
    return ticked.length > 0 ? ticked : focused?.editable === true ? [focused.name] : [];
  };
  const act = (deed: 'enable' | 'disable' | 'delete') => {
    const names = chosen();
    if (stale || names.length === 0) return;
    const applied = () => setPicked(NONE);
    dialogs.open(
      deed === 'delete'
        ? { kind: 'change', request: { kind: 'aliases.delete', serverId, names }, applied }
        : { kind: 'change', request: { kind: 'aliases.enable', serverId, names, enabled: deed === 'enable' }, applied },
    );
  };
  const open = (alias: string | null) => {
    setAdding(false);
    set({ open: alias });
  };
  const back = () => {
    if (adding) setAdding(false);
    else if (state.open !== null) set({ open: null });
    else if (ticked.length > 0) setPicked(NONE);
    else if (state.q !== '' || show !== 'all') look(() => (setShow('all'), set({ q: '' })));
    grid.current?.focus();
  };
  const step = (by: number) => {
    const next = Math.max(0, Math.min((rows.count ?? 1) - 1, active + by));
    setActive(next);
    grid.current?.show(next);
    const row = rows.rowAt(next);
    if (state.open !== null && row !== undefined) open(row.name);
  };
  useCommands({
    group: t`This list`,
    commands: [
      {
        id: 'aliases-add',
        label: t`Add alias…`,
        keys: 'N',
        off: stale ? t`Changes are off until the server answers.` : null,
        run: add,
      },
      { id: 'aliases-read', label: t`Read again`, keys: 'F5', run: directory.read },
    ],
  });
  useKeys({
    '/': () => search.current?.focus(),
    F5: directory.read,
    Escape: back,
    j: () => step(1),
    k: () => step(-1),
    n: add,
    Delete: () => act('delete'),
  });
  const toggle = (index: number) => {
    const row = rows.rowAt(index);
    anchor.current = index;
    // What cannot be written is not ticked either.
    if (row?.editable === true) setPicked(togglePick(picks, row.name));
  };
  const toggleRange = (to: number) => {
    const [from, until] = between(anchor.current, to);
    return rows.take(from, until + 1, (inRange) => {
      const names = inRange.filter((row) => row.editable).map((row) => row.name);
      setPicked(setPicks(picks, names, true));
    });
  };
  const onRange = useCallback((first: number, last: number) => rows.ensure(first, last), [rows]);
  const columns: Column[] = [
    { id: 'tick', width: '14px', head: <span className="pd-hidden">{t`Ticked`}</span> },
    { id: 'name', width: 'minmax(140px, 1fr)', head: t`Alias` },
    { id: 'targets', width: 'minmax(140px, 1.6fr)', head: t`Leads to` },
    { id: 'kind', width: 'minmax(96px, 156px)', head: t`Kind` },
    { id: 'state', width: 'minmax(96px, 124px)', head: t`State` },
  ];
  return (
    <div className={frame.screen}>
      <h1 className="pd-hidden">
        <Trans>Aliases on {name}</Trans>
      </h1>
      <TopBar view={view}>
        <ListSearch
          ref={search}
          label={t`Search the aliases`}
          q={state.q}
          onQuery={(q) => look(() => set({ q }))}
          matching={rows.count}
          total={rows.head}
          onLeave={() => grid.current?.focus()}
        />
        <Button leftSection={<IconPlus size={14} />} rightSection={<Key>N</Key>} disabled={stale} onClick={add}>
          <Trans>Add alias…</Trans>
        </Button>
      </TopBar>
      <Stale view={view} />
      <div className={frame.panes}>
        <div className={frame.main}>
          <div className={`${frame.bar} ${css.showBar}`}>
            <span className="pd-2">
              <Trans>Show</Trans>
            </span>
            <div className={css.chips}>
              <Choices
                label={t`Which aliases are listed`}
                value={show}
                onChange={(next) => look(() => setShow(next))}
                options={[
                  { value: 'all', label: t`All` },
                  { value: 'problems', label: t`Loops and dead ends` },
                  { value: 'external', label: t`To other hosts` },
                  { value: 'catch-all', label: t`Catch-all` },
                  { value: 'disabled', label: t`Disabled` },
                ]}
              />
            </div>
            <Age directory={directory} />
          </div>
          <Grid
            ref={grid}
            label={t`Aliases on ${name}`}
            columns={columns}
            count={count}
            active={Math.min(active, Math.max(0, count - 1))}
            multi
            onRange={onRange}
            onActive={(index, how) => {
              if (how.extend) void toggleRange(index);
              else anchor.current = index;
              setActive(index);
              const row = rows.rowAt(index);
              if (row !== undefined && !how.extend && (how.open || state.open !== null)) open(row.name);
            }}
            rowAt={(index) => (loading ? undefined : rows.rowAt(index))}
            drawnFrom={[picks, loading]}
            look={(index) => {
              const row = loading ? undefined : rows.rowAt(index);
              return { selected: row !== undefined && isPicked(picks, row.name), dim: stale };
            }}
            onKey={(event) => {
              const row = rows.rowAt(active);
              if (event.key === ' ') toggle(active);
              else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && row !== undefined) open(row.name);
              else return false;
              return true;
            }}
            cells={(index) => {
              const row = loading ? undefined : rows.rowAt(index);
              if (row === undefined) return <Ghost columns={columns.length} tick />;
              return (
                <>
                  <TickCell
                    onTick={(extend) => {
                      setActive(index);
                      if (extend) void toggleRange(index);
                      else toggle(index);
                    }}
                  >
                    {row.editable && <TickBox state={isPicked(picks, row.name) ? 'all' : 'none'} />}
                  </TickCell>
                  <Cell>{visibleLine(row.name)}</Cell>
                  <Cell tone={2}>{visibleLine(row.targets.join(', '))}</Cell>
                  <Cell tone={2}>
                    <AliasKindWord kind={row.kind} />
                  </Cell>
                  <Cell>
                    <AliasBadge alias={row} bare />
                  </Cell>
                </>
              );
            }}
            empty={
              stale && directory.reading === null ? (
                <ReadingFailed view={view} />
              ) : rows.head === 0 ? (
                <Notice title={<Trans>No aliases yet</Trans>}>
                  <Trans>{name} was read; every address is a mailbox of its own.</Trans>
                </Notice>
              ) : (
                <Notice
                  title={<Trans>No alias matches</Trans>}
                  actions={
                    <button
                      type="button"
                      className="pd-link"
                      onClick={() => look(() => (setShow('all'), set({ q: '' })))}
                    >
                      <Trans>Clear search</Trans> <Key>Esc</Key>
                    </button>
                  }
                >
                  <Plural
                    value={rows.head ?? 0}
                    one="# alias is here; none is of this kind."
                    other="# aliases are here; none is of this kind."
                  />
                </Notice>
              )
            }
          />
          {!stale && ticked.length > 0 && (
            <div className={frame.actions} role="toolbar" aria-label={t`Actions on ticked aliases`} {...PANE}>
              <TickBox state="some" />
              <strong className="pd-num" role="status">
                <Plural value={ticked.length} one="# selected" other="# selected" />
              </strong>
              <span className={css.grow} />
              <Button onClick={() => act('enable')}>
                <Trans>Enable…</Trans>
              </Button>
              <Button onClick={() => act('disable')}>
                <Trans>Disable…</Trans>
              </Button>
              <Button
                variant="danger-quiet"
                leftSection={<IconTrash size={14} />}
                rightSection={<Key>Del</Key>}
                onClick={() => act('delete')}
              >
                <Trans>Delete…</Trans>
              </Button>
              <button type="button" className={frame.clear} onClick={() => setPicked(NONE)}>
                <Trans>Clear</Trans> <Key>Esc</Key>
              </button>
            </div>
          )}
        </div>
        {view.route ??
          (adding ? (
            <AliasPane key="new" view={view} alias={null} domain={query.domain} onClose={() => setAdding(false)} />
          ) : (
            opened !== undefined && (
              <AliasPane
                key={opened.name}
                view={view}
                alias={opened}
                domain={null}
                onClose={() => set({ open: null })}
              />
            )
          ))}
      </div>
    </div>
  );
}
