import { Button, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconCheck, IconCircleMinus, IconLock, IconLockOpen, IconPlus, IconTrash } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { MailDomain } from '#shared/model/domain.ts';
import { checkDomain } from '#shared/model/mail-address.ts';
import { useApi } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { Cell, type Column, Grid, type GridHandle } from '../../ui/grid/grid.tsx';
import { Badge, Fact, Facts, Key, Notice } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { parseQuery } from './account-query.ts';
import { useBinarySize } from './account-words.tsx';
import { Ghost } from './accounts-grid.tsx';
import css from './accounts.module.css';
import { Age, ReadingFailed, Stale, TopBar } from './bars.tsx';
import { ListSearch, type SearchHandle } from './list-bar.tsx';
import { Footer, focusFirst, Pane, paneCss, Row } from './pane.tsx';
import { KEPT } from './use-accounts.ts';
import { useSequence } from './use-sequence.ts';
import type { ViewProps } from './view-props.ts';

export function DomainsView(view: ViewProps) {
  const { serverId, name, state, set, directory } = view;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const size = useBinarySize();
  const dialogs = useDialogs();
  const [active, setActive] = useState(0);
  const [adding, setAdding] = useState(false);
  const search = useRef<SearchHandle>(null);
  const grid = useRef<GridHandle>(null);
  const { version, failure } = directory;
  const stale = failure !== null;
  const query = useQuery({
    queryKey: ['domains.list', serverId, version],
    enabled: version > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => (await api.client.domains.list({ serverId, maxAge: KEPT }, { signal })).domains,
  });
  const all = query.data ?? [];
  const asked = parseQuery(state.q);
  const needle = (asked.domain ?? asked.text).toLowerCase();
  const rows = all.filter((row) => row.domain.includes(needle));
  const loading = query.data === undefined && !stale;
  const count = loading ? 6 : rows.length;
  const opened = all.find((row) => row.domain === state.open);

  const open = (domain: string | null) => {
    setAdding(false);
    set({ open: domain });
  };
  const add = () => {
    if (stale) return;
    set({ open: null });
    setAdding(true);
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
  useKeys({
    '/': () => search.current?.focus(),
    F5: directory.read,
    Escape: () => {
      if (adding) setAdding(false);
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
  const columns: Column[] = [
    { id: 'domain', width: 'minmax(140px, 1.4fr)', head: t`Domain` },
    { id: 'accounts', width: '80px', align: 'right', head: t`Accounts` },
    { id: 'blocked', width: '72px', align: 'right', head: t`Blocked` },
    { id: 'aliases', width: '72px', align: 'right', head: t`Aliases` },
    { id: 'local', width: '96px', align: 'right', head: t`of those local` },
    { id: 'used', width: '84px', align: 'right', head: t`Used` },
    { id: 'dkim', width: 'minmax(72px, 90px)', head: t`DKIM key` },
    { id: 'state', width: 'minmax(80px, 100px)', head: t`State` },
  ];
  const number = (value: number) => (
    <Cell align="right" num {...(value === 0 ? { tone: 3 as const } : {})}>
      {format.count(value)}
    </Cell>
  );
  return (
    <div className={css.screen}>
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
        <Button leftSection={<IconPlus size={14} />} rightSection={<Key>N</Key>} disabled={stale} onClick={add}>
          <Trans>Add domain…</Trans>
        </Button>
      </TopBar>
      <Stale view={view} />
      <div className={css.panes}>
        <div className={css.main}>
          <div className={css.showBar}>
            <Age directory={directory} />
          </div>
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
              if (row === undefined) return <Ghost columns={columns.length} tick={false} />;
              return (
                <>
                  <Cell>{visibleLine(row.domain)}</Cell>
                  {number(row.accounts)}
                  {number(row.blocked)}
                  {number(row.aliases)}
                  {number(row.localAliases)}
                  <Cell align="right" num tone={2}>
                    {row.used === null ? '–' : size(row.used)}
                  </Cell>
                  <Cell tone={row.dkim.length > 0 ? 2 : 3}>
                    {row.dkim.length > 0 ? <Trans>found</Trans> : <Trans>none found</Trans>}
                  </Cell>
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
          (adding ? (
            <NewDomain view={view} onClose={() => setAdding(false)} />
          ) : (
            opened !== undefined && (
              <DomainPane view={view} domain={opened} onDelete={drop} onClose={() => set({ open: null })} />
            )
          ))}
      </div>
    </div>
  );
}

function DomainBadge(props: { domain: MailDomain; bare?: boolean }) {
  return props.domain.active ? (
    <Badge tone="ok" icon={<IconCheck size={14} />} bare={props.bare === true} quiet>
      <Trans>Active</Trans>
    </Badge>
  ) : (
    <Badge tone="mute" icon={<IconCircleMinus size={14} />} bare={props.bare === true} quiet>
      <Trans>Off</Trans>
    </Badge>
  );
}

function DomainPane(props: {
  view: ViewProps;
  domain: MailDomain;
  onDelete: (domain: string) => void;
  onClose: () => void;
}) {
  const { view, domain } = props;
  const { serverId, directory } = view;
  const { t } = useLingui();
  const dialogs = useDialogs();
  const format = useFormat();
  const size = useBinarySize();
  const off = directory.failure !== null;
  const able = directory.reading?.abilities ?? null;
  const target = { by: 'domain' as const, domain: domain.domain };
  return (
    <Pane
      label={t`Domain ${domain.domain}`}
      title={visibleLine(domain.domain)}
      sub={<DomainBadge domain={domain} />}
      onClose={props.onClose}
    >
      <div className={paneCss.plain}>
        <Facts>
          <Fact label={<Trans>Accounts</Trans>}>
            {domain.blocked === 0 ? (
              format.count(domain.accounts)
            ) : (
              <Trans>
                {format.count(domain.accounts)}, {format.count(domain.blocked)} blocked
              </Trans>
            )}
          </Fact>
          <Fact label={<Trans>Aliases</Trans>}>
            <Trans>
              {format.count(domain.aliases)}, {format.count(domain.localAliases)} of them local
            </Trans>
          </Fact>
          <Fact label={<Trans>Used space</Trans>}>
            {domain.used === null ? <Trans>not counted</Trans> : size(domain.used)}
          </Fact>
          <Fact label={<Trans>DKIM keys</Trans>} mono>
            {domain.dkim.length === 0 ? (
              <Trans>none found on the server</Trans>
            ) : (
              domain.dkim.map((path) => <div key={path}>{visibleLine(path)}</div>)
            )}
          </Fact>
          <Fact label={<Trans>Stands in</Trans>} mono>
            {visibleLine(domain.source)}
          </Fact>
        </Facts>
      </div>
      <div className={paneCss.actions}>
        <Button onClick={() => view.set({ view: 'accounts', q: `domain:${domain.domain}`, open: null })}>
          <Trans>Show its accounts</Trans>
        </Button>
        <Button onClick={() => view.set({ view: 'aliases', q: `domain:${domain.domain}`, open: null })}>
          <Trans>Show its aliases</Trans>
        </Button>
      </div>
      {!off && (
        <div className={paneCss.actions}>
          {able?.block === true && domain.accounts > 0 && (
            <>
              <Button
                leftSection={<IconLock size={14} />}
                onClick={() =>
                  dialogs.open({
                    kind: 'change',
                    request: { kind: 'accounts.block', serverId, target, sending: false, receiving: false },
                  })
                }
              >
                <Trans>Block its accounts…</Trans>
              </Button>
              <Button
                leftSection={<IconLockOpen size={14} />}
                onClick={() =>
                  dialogs.open({ kind: 'change', request: { kind: 'accounts.unblock', serverId, target } })
                }
              >
                <Trans>Unblock its accounts…</Trans>
              </Button>
            </>
          )}
          {domain.editable && (
            <Button
              variant="danger-quiet"
              leftSection={<IconTrash size={14} />}
              onClick={() => props.onDelete(domain.domain)}
            >
              <Trans>Delete…</Trans>
            </Button>
          )}
        </div>
      )}
      {!domain.editable && (
        <div className={paneCss.plain}>
          <p>
            <Trans>It stands where it cannot be written safely, so it is only shown.</Trans>
          </p>
        </div>
      )}
    </Pane>
  );
}

function NewDomain(props: { view: ViewProps; onClose: () => void }) {
  const { view } = props;
  const { t } = useLingui();
  const sequence = useSequence();
  const [typed, setTyped] = useState('');
  const checked = checkDomain(typed);
  const blank = typed.trim() === '';
  const review = () => {
    if (!checked.ok) return;
    const domain = checked.value;
    sequence([{ kind: 'domains.add', serverId: view.serverId, domain }], () => {
      props.onClose();
      view.set({ open: domain });
    });
  };
  useKeys({ 'ctrl+s': review });
  return (
    <Pane
      label={t`New domain`}
      title={<Trans>New domain</Trans>}
      footer={<Footer changes={blank ? 0 : 1} ready={checked.ok} onDiscard={() => setTyped('')} onReview={review} />}
      onClose={props.onClose}
    >
      <Row
        label={<Trans>Domain</Trans>}
        problem={blank || checked.ok ? undefined : checked.problem}
        hint={<Trans>Mail comes in once its MX record leads here; DNS is not touched</Trans>}
      >
        {(id, note) => (
          <TextInput
            id={id}
            aria-describedby={note}
            ref={focusFirst}
            spellCheck={false}
            placeholder={t`example.org`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Row>
    </Pane>
  );
}
