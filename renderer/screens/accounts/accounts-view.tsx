// Over 400 lines: what is ticked, filtered and asked for is one state, which bar, grid and drawer share.
import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconLock, IconLockOpen, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { type AccountTarget, type AccountSort } from '#shared/model/account.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { useApi } from '../../api/console.tsx';
import { type Command, useCommands } from '../../app/commands.ts';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { PANE } from '../../app/panes.ts';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import type { GridHandle } from '../../ui/grid/grid.tsx';
import { TickBox } from '../../ui/grid/grid.tsx';
import { Choices, Key, Notice } from '../../ui/parts.tsx';
import frame from '../../ui/screen.module.css';
import { AccountDrawer } from './account-drawer.tsx';
import { filterOf, parseQuery, UNUSED_DAYS, writeQuery } from './account-query.ts';
import { AccountsGrid } from './accounts-grid.tsx';
import css from './accounts.module.css';
import { Age, Notes, ReadingFailed, Stale, TopBar } from './bars.tsx';
import { ListSearch, type SearchHandle } from './list-bar.tsx';
import { NewAccount } from './new-account.tsx';
import { countPicks, NONE, type Picks, shareOf, wholeTarget } from './picks.ts';
import { KEPT, useAccounts } from './use-accounts.ts';
import { type Show, SHOWS } from './view-state.ts';
import type { ViewProps } from './view-props.ts';

type Deed = 'block' | 'unblock' | 'delete';

export function AccountsView(view: ViewProps) {
  const { serverId, name, state, set, directory } = view;
  const { t } = useLingui();
  const api = useApi();
  const dialogs = useDialogs();
  const [picks, setPicks] = useState<Picks>(NONE);
  const [active, setActive] = useState(0);
  const [adding, setAdding] = useState(false);
  const [failed, setFailed] = useState<FailureData | null>(null);
  const search = useRef<SearchHandle>(null);
  const grid = useRef<GridHandle>(null);

  const { reading, failure, version } = directory;
  const abilities = reading?.abilities ?? null;
  const filter = filterOf(state.q, state.show);
  const rows = useAccounts({ serverId, filter, sort: state.sort }, version);
  const matching = rows.count ?? 0;
  const ticked = countPicks(picks, matching);
  const stale = failure !== null;
  const loading = !stale && rows.count === null;
  const pane = view.route !== null || adding || state.open !== null;

  const look = (change: { q?: string; show?: Show }) => {
    // What was ticked under another search would be acted on out of sight.
    setPicks(NONE);
    setActive(0);
    grid.current?.toTop();
    set(change);
  };
  const sortBy = (field: AccountSort['field']) => {
    const descending =
      state.sort.field === field ? !state.sort.descending : !['address', 'name', 'domain'].includes(field);
    set({ sort: { field, descending } });
    grid.current?.toTop();
  };
  const open = (address: string | null) => {
    setAdding(false);
    set({ open: address });
  };
  const add = () => {
    if (abilities?.add !== true || stale) return;
    set({ open: null });
    setAdding(true);
  };

  /** Ticked accounts, else the focused one. A search that no change can name is turned into its addresses. */
  const targetOf = async (): Promise<AccountTarget | null> => {
    if (ticked === 0) {
      const focused = rows.rowAt(active)?.address;
      return focused === undefined ? null : { by: 'addresses', addresses: [focused] };
    }
    const whole = wholeTarget(picks, filter);
    if (whole !== null) return whole;
    const found = await api.client.accounts.list({ serverId, filter, usage: false, maxAge: KEPT, count: 0 });
    const addresses = found.accounts.map((account) => account.address).filter((each) => !picks.names.has(each));
    return addresses.length === 0 ? null : { by: 'addresses', addresses };
  };
  const act = async (deed: Deed) => {
    if (stale || abilities?.[deed === 'delete' ? 'delete' : 'block'] !== true) return;
    try {
      const target = await targetOf();
      setFailed(null);
      if (target === null) return;
      const applied = () => setPicks(NONE);
      if (deed === 'block') {
        const request = { kind: 'accounts.block' as const, serverId, target, sending: false, receiving: false };
        dialogs.open({ kind: 'change', request, applied });
      } else if (deed === 'unblock') {
        dialogs.open({ kind: 'change', request: { kind: 'accounts.unblock', serverId, target }, applied });
      } else {
        const request = { kind: 'accounts.delete' as const, serverId, target, mail: 'aside' as const };
        dialogs.open({ kind: 'change', request, applied });
      }
    } catch (error) {
      setFailed(failureOf(error));
    }
  };
  const back = () => {
    if (adding) setAdding(false);
    else if (state.open !== null) set({ open: null });
    else if (ticked > 0) setPicks(NONE);
    else if (state.q !== '' || state.show !== 'all') look({ q: '', show: 'all' });
    grid.current?.focus();
  };
  const step = (by: number) => {
    const next = Math.max(0, Math.min(matching - 1, active + by));
    setActive(next);
    grid.current?.show(next);
    const row = rows.rowAt(next);
    if (state.open !== null && row !== undefined) open(row.address);
  };
  const offline = stale ? t`Changes are off until the server answers.` : null;
  const nothing = matching === 0 ? t`No account is listed.` : offline;
  const may = (able: boolean | undefined, command: Command): Command[] => (able === true ? [command] : []);
  useCommands({
    group: t`This list`,
    commands: [
      ...may(abilities?.add, { id: 'accounts-add', label: t`Add account…`, keys: 'N', off: offline, run: add }),
      ...may(abilities?.block, {
        id: 'accounts-block',
        label: t`Block the chosen accounts…`,
        off: nothing,
        icon: <IconLock size={16} />,
        run: () => void act('block'),
      }),
      ...may(abilities?.block, {
        id: 'accounts-unblock',
        label: t`Unblock the chosen accounts…`,
        off: nothing,
        icon: <IconLockOpen size={16} />,
        run: () => void act('unblock'),
      }),
      ...may(abilities?.delete, {
        id: 'accounts-delete',
        label: t`Delete the chosen accounts…`,
        keys: 'Del',
        off: nothing,
        icon: <IconTrash size={16} />,
        run: () => void act('delete'),
      }),
      { id: 'accounts-near', label: t`Show accounts over 90%`, run: () => look({ show: 'near' }) },
      { id: 'accounts-over', label: t`Show accounts over quota`, run: () => look({ show: 'over' }) },
      { id: 'accounts-blocked', label: t`Show blocked accounts`, run: () => look({ show: 'blocked' }) },
      { id: 'accounts-expired', label: t`Show expired accounts`, run: () => look({ show: 'expired' }) },
      { id: 'accounts-read', label: t`Read again`, keys: 'F5', run: directory.read },
    ],
  });
  useKeys({
    '/': () => search.current?.focus(),
    F5: directory.read,
    Escape: back,
    j: () => step(1),
    k: () => step(-1),
    n: add,
    Delete: () => void act('delete'),
  });

  return (
    <div className={frame.screen}>
      <h1 className="pd-hidden">
        <Trans>Accounts on {name}</Trans>
      </h1>
      <TopBar view={view}>
        <ListSearch
          ref={search}
          label={t`Search the accounts`}
          q={state.q}
          onQuery={(q) => look({ q })}
          matching={rows.count}
          total={reading?.total ?? null}
          onLeave={() => grid.current?.focus()}
        />
        {abilities?.add === true && (
          <Button leftSection={<IconPlus size={14} />} rightSection={<Key>N</Key>} disabled={stale} onClick={add}>
            <Trans>Add account…</Trans>
          </Button>
        )}
      </TopBar>
      <Stale view={view} />
      <div className={frame.panes}>
        <div className={frame.main}>
          <ShowBar view={view} ready={rows.count !== null} onShow={(show) => look({ show })} />
          <Notes notes={[...(reading?.notes ?? []), ...(abilities?.why ?? [])]} />
          <AccountsGrid
            ref={grid}
            name={name}
            rows={rows}
            sort={state.sort}
            onSort={sortBy}
            picks={picks}
            onPicks={setPicks}
            active={active}
            onActive={setActive}
            open={state.open}
            onOpen={open}
            narrow={pane}
            lastLogin={abilities?.lastLogin === true}
            reading={directory.busy && reading?.usage !== true}
            loading={loading}
            dim={stale}
            empty={
              reading === null && stale ? (
                <ReadingFailed view={view} />
              ) : loading ? null : (
                <Empty view={view} total={reading?.total ?? 0} onLook={look} onAdd={add} />
              )
            }
          />
          {failed !== null && (
            <div className={css.under}>
              <FailureText error={failed} />
            </div>
          )}
          {stale && reading !== null && (
            <p className={frame.under}>
              <Trans>Changes are off until the server answers.</Trans>
            </p>
          )}
          {!stale && ticked > 0 && (
            <div className={frame.actions} role="toolbar" aria-label={t`Actions on ticked accounts`} {...PANE}>
              <TickBox state={shareOf(picks, matching) === 'all' ? 'all' : 'some'} />
              <strong className="pd-num" role="status">
                <Plural value={ticked} one="# selected" other="# selected" />
              </strong>
              <span className={`${css.grow} pd-3 pd-clip`}>{picks.all && <Trans>all matches</Trans>}</span>
              {abilities?.block === true && (
                <>
                  <Button leftSection={<IconLock size={14} />} onClick={() => void act('block')}>
                    <Trans>Block…</Trans>
                  </Button>
                  <Button leftSection={<IconLockOpen size={14} />} onClick={() => void act('unblock')}>
                    <Trans>Unblock…</Trans>
                  </Button>
                </>
              )}
              {abilities?.delete === true && (
                <Button
                  variant="danger-quiet"
                  leftSection={<IconTrash size={14} />}
                  rightSection={<Key>Del</Key>}
                  onClick={() => void act('delete')}
                >
                  <Trans>Delete…</Trans>
                </Button>
              )}
              <button type="button" className={frame.clear} onClick={() => setPicks(NONE)}>
                <Trans>Clear</Trans> <Key>Esc</Key>
              </button>
            </div>
          )}
        </div>
        {view.route ??
          (adding ? (
            <NewAccount
              view={view}
              domain={parseQuery(state.q).domain}
              onClose={() => setAdding(false)}
              onAdded={open}
            />
          ) : (
            state.open !== null && (
              <AccountDrawer
                key={state.open}
                view={view}
                address={state.open}
                onOpen={open}
                onClose={() => {
                  set({ open: null });
                  grid.current?.focus();
                }}
              />
            )
          ))}
      </div>
    </div>
  );
}

/** Chips with their counts; each is a question to the last reading. */
function ShowBar(props: {
  view: ViewProps;
  /** The rows are there: they come before the counts, each of which is a pass over all accounts. */
  ready: boolean;
  onShow: (show: Show) => void;
}) {
  const { serverId, state, directory } = props.view;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const lastLogin = directory.reading?.abilities?.lastLogin === true;
  const shows = SHOWS.filter((show) => show !== 'unused' || lastLogin);
  const { version } = directory;
  const counts = useQueries({
    queries: shows.map((show) => ({
      queryKey: ['accounts.count', serverId, state.q, show, version],
      enabled: props.ready && version > 0,
      staleTime: Number.POSITIVE_INFINITY,
      placeholderData: (before: number | undefined) => before,
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const filter = filterOf(state.q, show);
        const input = { serverId, filter, usage: false, maxAge: KEPT, count: 1 };
        return (await api.client.accounts.list(input, { signal })).matching;
      },
    })),
  });
  const words: Record<Show, string> = {
    all: t`All`,
    near: t`Over 90%`,
    over: t`Over quota`,
    blocked: t`Blocked`,
    expired: t`Expired`,
    unused: t`Unused ${UNUSED_DAYS} days`,
  };
  // A chip left over from a server that keeps last logins would be stuck.
  useEffect(() => {
    if (directory.reading !== null && !shows.includes(state.show)) props.onShow('all');
  });
  return (
    <div className={`${frame.bar} ${css.showBar}`}>
      <span className={`${css.showWord} pd-2`}>
        <Trans>Show</Trans>
      </span>
      <div className={css.chips}>
        <Choices
          label={t`Which accounts are listed`}
          value={state.show}
          onChange={props.onShow}
          options={shows.map((show, at) => {
            const count = counts[at]?.data;
            return { value: show, label: words[show], ...(count === undefined ? {} : { count: format.count(count) }) };
          })}
        />
      </div>
      <Age directory={directory} />
    </div>
  );
}

function Empty(props: {
  view: ViewProps;
  total: number;
  onLook: (change: { q?: string; show?: Show }) => void;
  onAdd: () => void;
}) {
  const { view, total, onLook } = props;
  const { state, name } = view;
  const query = parseQuery(state.q);
  if (total === 0) {
    return (
      <Notice
        title={<Trans>No accounts yet</Trans>}
        actions={
          view.directory.reading?.abilities?.add === true && (
            <Button onClick={props.onAdd} rightSection={<Key>N</Key>}>
              <Trans>Add account…</Trans>
            </Button>
          )
        }
      >
        <Trans>{name} was read; it has no mailboxes.</Trans>
      </Notice>
    );
  }
  return (
    <Notice
      title={<Trans>No account matches</Trans>}
      actions={
        <>
          {state.show !== 'all' && (
            <Button onClick={() => onLook({ show: 'all' })}>
              <Trans>Show all</Trans>
            </Button>
          )}
          {query.domain !== null && query.text !== '' && (
            <Button onClick={() => onLook({ q: writeQuery({ domain: null, text: query.text }) })}>
              <Trans>Drop domain:{query.domain}</Trans>
            </Button>
          )}
          {state.q !== '' && (
            <button type="button" className="pd-link" onClick={() => onLook({ q: '', show: 'all' })}>
              <Trans>Clear search</Trans> <Key>Esc</Key>
            </button>
          )}
        </>
      }
    >
      {state.q === '' ? (
        <Plural
          value={total}
          one="# account is here; none is of this kind."
          other="# accounts are here; none is of this kind."
        />
      ) : (
        <Plural
          value={total}
          one="# account is here; the search leaves none."
          other="# accounts are here; the search leaves none."
        />
      )}
    </Notice>
  );
}
