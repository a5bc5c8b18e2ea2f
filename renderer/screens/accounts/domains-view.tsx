import { Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconPlus, IconRoute2 } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useApi } from '../../api/console.tsx';
import { useCommands } from '../../app/commands.ts';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { Cell, type Column, Grid, type GridHandle } from '../../ui/grid/grid.tsx';
import { Ghost } from '../../ui/grid/list-parts.tsx';
import { Key, Notice } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import frame from '../../ui/screen.module.css';
import { parseQuery } from './account-query.ts';
import { useBinarySize } from './account-words.tsx';
import { Age, Notes, ReadingFailed, Stale, TopBar } from './bars.tsx';
import { DomainBadge, DomainPane } from './domain-pane.tsx';
import { ListSearch, type SearchHandle } from './list-bar.tsx';
import { NewDomain } from './new-domain.tsx';
import { OutgoingPane } from './outgoing-pane.tsx';
import { KEPT } from './use-accounts.ts';
import type { ViewProps } from './view-props.ts';

export function DomainsView(view: ViewProps) {
  const { serverId, name, state, set, directory } = view;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const size = useBinarySize();
  const dialogs = useDialogs();
  const [active, setActive] = useState(0);
  const [side, setSide] = useState<'new' | 'outgoing' | null>(null);
  const search = useRef<SearchHandle>(null);
  const grid = useRef<GridHandle>(null);
  const { version, failure } = directory;
  const stale = failure !== null;
  const query = useQuery({
    queryKey: ['domains.list', serverId, version],
    enabled: version > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => api.client.domains.list({ serverId, maxAge: KEPT }, { signal }),
  });
  const all = query.data?.domains ?? [];
  const abilities = query.data?.abilities ?? null;
  const outgoing = query.data?.outgoing ?? null;
  const addable = abilities !== null && (abilities.add || abilities.alias);
  const asked = parseQuery(state.q);
  const needle = (asked.domain ?? asked.text).toLowerCase();
  const rows = all.filter((row) => row.domain.includes(needle));
  const loading = query.data === undefined && !stale;
  const count = loading ? 6 : rows.length;
  const opened = all.find((row) => row.domain === state.open);

  const open = (domain: string | null) => {
    setSide(null);
    set({ open: domain });
  };
  const add = () => {
    if (stale || !addable) return;
    set({ open: null });
    setSide('new');
  };
  const addresses = () => {
    set({ open: null });
    setSide('outgoing');
  };
  const drop = (domain: string) =>
    dialogs.open({ kind: 'change', request: { kind: 'domains.delete', serverId, domain, mail: 'aside' } });
  const step = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active + by));
    setActive(next);
    grid.current?.show(next);
    const row = rows[next];
    if (state.open !== null && row !== undefined) open(row.domain);
  };
  useCommands({
    group: t`This list`,
    commands: [
      ...(addable
        ? [
            {
              id: 'domains-add',
              label: t`Add domain…`,
              keys: 'N',
              off: stale ? t`Changes are off until the server answers.` : null,
              run: add,
            },
          ]
        : []),
      { id: 'domains-outgoing', label: t`Outgoing addresses`, run: addresses },
      { id: 'domains-read', label: t`Read again`, keys: 'F5', run: directory.read },
    ],
  });
  useKeys({
    '/': () => search.current?.focus(),
    F5: directory.read,
    Escape: () => {
      if (side !== null) setSide(null);
      else if (state.open !== null) set({ open: null });
      else if (state.q !== '') set({ q: '' });
      grid.current?.focus();
    },
    j: () => step(1),
    k: () => step(-1),
    n: add,
    Delete: () => {
      const row = rows[active];
      if (!stale && row?.editable === true) drop(row.domain);
    },
  });
  // beside a pane, what is in the pane gives way
  const pane = view.route !== null || side !== null || opened !== undefined;
  const wide = <T,>(item: T): T[] => (pane ? [] : [item]);
  const columns: Column[] = [
    { id: 'domain', width: 'minmax(140px, 1.4fr)', head: t`Domain` },
    { id: 'accounts', width: '80px', align: 'right', head: t`Accounts` },
    { id: 'blocked', width: '72px', align: 'right', head: t`Blocked` },
    ...wide<Column>({ id: 'aliases', width: '72px', align: 'right', head: t`Aliases` }),
    ...wide<Column>({ id: 'local', width: '96px', align: 'right', head: t`of those local` }),
    { id: 'used', width: '84px', align: 'right', head: t`Used` },
    { id: 'outgoing', width: 'minmax(96px, 130px)', head: t`Leaves from` },
    ...wide<Column>({ id: 'dkim', width: 'minmax(72px, 90px)', head: t`DKIM key` }),
    { id: 'state', width: 'minmax(80px, 100px)', head: t`State` },
  ];
  const number = (value: number) => (
    <Cell align="right" num {...(value === 0 ? { tone: 3 as const } : {})}>
      {format.count(value)}
    </Cell>
  );
  return (
    <div className={frame.screen}>
      <h1 className="pd-hidden">
        <Trans>Domains on {name}</Trans>
      </h1>
      <TopBar view={view}>
        <ListSearch
          ref={search}
          label={t`Search the domains`}
          placeholder={t`Search the domains`}
          q={state.q}
          onQuery={(q) => set({ q })}
          matching={query.data === undefined ? null : rows.length}
          total={query.data === undefined ? null : all.length}
          onLeave={() => grid.current?.focus()}
        />
        {outgoing !== null && outgoing.addresses.length > 0 && (
          <Button leftSection={<IconRoute2 size={14} />} aria-pressed={side === 'outgoing'} onClick={addresses}>
            <Trans>Outgoing addresses</Trans>
          </Button>
        )}
        {addable && (
          <Button leftSection={<IconPlus size={14} />} rightSection={<Key>N</Key>} disabled={stale} onClick={add}>
            <Trans>Add domain…</Trans>
          </Button>
        )}
      </TopBar>
      <Stale view={view} />
      <div className={frame.panes}>
        <div className={frame.main}>
          <div className={frame.bar}>
            <Age directory={directory} />
          </div>
          <Notes notes={abilities?.why ?? []} />
          <Grid
            ref={grid}
            label={t`Domains on ${name}`}
            columns={columns}
            count={count}
            active={Math.min(active, Math.max(0, count - 1))}
            onActive={(index, how) => {
              setActive(index);
              const row = rows[index];
              if (row !== undefined && (how.open || state.open !== null)) open(row.domain);
            }}
            look={() => ({ dim: stale })}
            onKey={(event) => {
              const row = rows[active];
              if (event.key !== 'Enter' || event.ctrlKey || row === undefined) return false;
              open(row.domain);
              return true;
            }}
            cells={(index) => {
              const row = loading ? undefined : rows[index];
              if (row === undefined) return <Ghost columns={columns.length} />;
              return (
                <>
                  <Cell>
                    {visibleLine(row.domain)}
                    {row.aliasOf !== null && <span className="pd-3"> → {visibleLine(row.aliasOf)}</span>}
                  </Cell>
                  {number(row.accounts)}
                  {number(row.blocked)}
                  {!pane && number(row.aliases)}
                  {!pane && number(row.localAliases)}
                  <Cell align="right" num tone={2}>
                    {row.used === null ? '–' : size(row.used)}
                  </Cell>
                  <Cell mono tone={row.outgoing === null ? 3 : 2}>
                    {row.outgoing ?? outgoing?.default ?? '–'}
                  </Cell>
                  {!pane && (
                    <Cell tone={row.dkim.length > 0 ? 2 : 3}>
                      {row.dkim.length > 0 ? <Trans>found</Trans> : <Trans>none found</Trans>}
                    </Cell>
                  )}
                  <Cell>
                    <DomainBadge domain={row} bare />
                  </Cell>
                </>
              );
            }}
            empty={
              stale && directory.reading === null ? (
                <ReadingFailed view={view} />
              ) : (
                <Notice
                  title={all.length === 0 ? <Trans>No domains with mailboxes</Trans> : <Trans>No domain matches</Trans>}
                >
                  <Trans>{name} was read.</Trans>
                </Notice>
              )
            }
          />
        </div>
        {view.route ??
          (outgoing === null || abilities === null ? null : side === 'new' ? (
            <NewDomain view={view} domains={all} abilities={abilities} onClose={() => setSide(null)} />
          ) : side === 'outgoing' ? (
            <OutgoingPane
              view={view}
              outgoing={outgoing}
              abilities={abilities}
              domains={all}
              onClose={() => setSide(null)}
            />
          ) : (
            opened !== undefined && (
              <DomainPane
                key={opened.domain}
                view={view}
                domain={opened}
                outgoing={outgoing}
                abilities={abilities}
                onDelete={drop}
                onClose={() => set({ open: null })}
              />
            )
          ))}
      </div>
    </div>
  );
}
