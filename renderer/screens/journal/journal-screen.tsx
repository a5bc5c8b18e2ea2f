import { Button, Menu } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import {
  IconArrowBackUp,
  IconDownload,
  IconRefresh,
  IconSearch,
  IconShieldCheck,
  IconShieldX,
  IconX,
} from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Change } from '#shared/model/change.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { useApi, useLive, useServer } from '../../api/console.tsx';
import { type Command, useCommands } from '../../app/commands.ts';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { PANE } from '../../app/panes.ts';
import { FailureNotice, FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { copyText } from '../../ui/copy-button.tsx';
import type { GridHandle } from '../../ui/grid/grid.tsx';
import { Badge, Choices, Key, Notice, Spinner } from '../../ui/parts.tsx';
import { saveFile } from '../../ui/save-file.ts';
import frame from '../../ui/screen.module.css';
import bar from '../../ui/search/search-bar.module.css';
import { ChangePane } from './change-pane.tsx';
import { toCsv } from './export.ts';
import css from './journal.module.css';
import { JournalGrid } from './journal-grid.tsx';
import { byDay } from './journal-rows.ts';

type Show = 'all' | 'undoable' | 'failed';
const PAGE = 200;
/** Changes in one exported file; past it the search must be narrower. */
const EXPORTED = 50_000;

function inputOf(show: Show, text: string, serverId: string | null) {
  return {
    ...(serverId === null ? {} : { serverId }),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    ...(show === 'undoable' ? { undoable: true } : {}),
    ...(show === 'failed' ? { status: ['failed', 'partial', 'interrupted', 'cancelled'] as Change['status'][] } : {}),
  };
}

/** Who changed what, where and when; what ran; and the way back. */
export default function JournalScreen() {
  const { t } = useLingui();
  const api = useApi();
  const say = useSay();
  const format = useFormat();
  const dialogs = useDialogs();
  const navigate = useNavigate();
  const params: Record<string, unknown> = useSearch({ strict: false });
  const open = typeof params['change'] === 'string' ? params['change'] : null;
  const serverId = typeof params['server'] === 'string' ? params['server'] : null;
  const server = useServer(serverId ?? undefined);
  const [text, setText] = useState('');
  const [show, setShow] = useState<Show>('all');
  const [active, setActive] = useState(1);
  const search = useRef<HTMLInputElement>(null);
  const grid = useRef<GridHandle>(null);
  const input = inputOf(show, text, serverId);

  // The journal grows while jobs run: asked again when one starts or ends.
  const jobs = [...useLive(api.jobs).values()].map((job) => `${job.id}${job.state}`).join();
  const list = useInfiniteQuery({
    queryKey: [...api.query.changes.list.key(), 'pages', input, jobs],
    queryFn: ({ pageParam }) => api.client.changes.list({ ...input, offset: pageParam, count: PAGE }),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (pages.length * PAGE < last.total ? pages.length * PAGE : undefined),
    placeholderData: keepPreviousData,
  });
  const verify = useQuery(api.query.changes.verify.queryOptions({ staleTime: 300_000 }));
  const changes = useMemo(() => (list.data?.pages ?? []).flatMap((page) => page.changes), [list.data]);
  const rows = useMemo(() => byDay(changes), [changes]);
  const total = list.data?.pages[0]?.total ?? 0;

  const setView = (change: string | null, of: string | null) => {
    const search = { ...(change === null ? {} : { change }), ...(of === null ? {} : { server: of }) };
    const options = { to: '/journal', replace: true, search };
    void navigate(options as unknown as Parameters<typeof navigate>[0]);
  };
  const setOpen = (change: string | null) => setView(change, serverId);
  const current = rows[active];
  const focused =
    changes.find((change) => change.id === open) ?? (current?.kind === 'change' ? current.change : undefined);
  const undo = (change: Change | undefined) => {
    if (change?.undoable === true) dialogs.open({ kind: 'undo', changeId: change.id });
  };
  const check = () => void api.cache.refetchQueries({ queryKey: api.query.changes.verify.key() });
  const everything = async (): Promise<Change[]> => {
    const all: Change[] = [];
    for (;;) {
      const page = await api.client.changes.list({ ...input, offset: all.length, count: 1000 });
      all.push(...page.changes);
      if (page.changes.length === 0 || all.length >= Math.min(page.total, EXPORTED)) return all;
    }
  };
  const handing = useMutation({ mutationFn: (kind: 'csv' | 'json') => save(kind) });
  const save = async (kind: 'csv' | 'json') => {
    const all = await everything();
    const name = `postdeck-journal-${new Date().toISOString().slice(0, 10)}`;
    if (kind === 'csv') saveFile(new Blob([toCsv(all, say)], { type: 'text/csv' }), `${name}.csv`);
    else saveFile(new Blob([`${JSON.stringify(all, null, 2)}\n`], { type: 'application/json' }), `${name}.json`);
  };

  useKeys({
    '/': () => search.current?.focus(),
    F5: () => void list.refetch(),
    Escape: () => {
      if (open !== null) setOpen(null);
      else if (text !== '') setText('');
      else if (serverId !== null) setView(null, null);
      grid.current?.focus();
    },
    'ctrl+z': () => undo(focused),
    v: check,
    c: () => {
      if (focused !== undefined) void copyText(`${focused.commands.map((each) => each.command).join('\n')}\n`);
    },
    j: () => grid.current !== null && setActive(Math.min(rows.length - 1, active + 1)),
    k: () => setActive(Math.max(0, active - 1)),
  });

  const offered: Command[] = [
    {
      id: 'journal-undo',
      label: t`Undo the change…`,
      keys: 'Ctrl Z',
      icon: <IconArrowBackUp size={16} />,
      off: focused?.undoable === true ? null : t`The change in focus cannot be undone`,
      run: () => undo(focused),
    },
    {
      id: 'journal-csv',
      label: t`Save the journal as CSV`,
      icon: <IconDownload size={16} />,
      run: () => handing.mutate('csv'),
    },
    {
      id: 'journal-json',
      label: t`Save the journal as JSON`,
      icon: <IconDownload size={16} />,
      run: () => handing.mutate('json'),
    },
  ];
  useCommands({ group: t`Journal`, commands: offered });

  const fetchNext = list.fetchNextPage;
  const more = list.hasNextPage && !list.isFetchingNextPage;
  const onRange = useCallback(
    (_first: number, last: number) => {
      if (more && last > rows.length - 60) void fetchNext();
    },
    [more, rows.length, fetchNext],
  );

  return (
    <div className={frame.screen}>
      <h1 className="pd-hidden">
        <Trans>Journal</Trans>
      </h1>
      <div className={frame.top} {...PANE}>
        <div className={bar.bar}>
          <IconSearch size={14} className={bar.lens} aria-hidden="true" />
          {serverId !== null && (
            <span className={bar.chip}>
              <span className={`${bar.chipText} pd-clip`} data-tip="">
                {server?.name ?? t`a removed server`}
              </span>
              <button type="button" aria-label={t`Changes of every server`} onClick={() => setView(null, null)}>
                <IconX size={11} />
              </button>
            </span>
          )}
          <input
            ref={search}
            className={`${bar.input} ${css.input}`}
            value={text}
            aria-label={t`Search the journal`}
            placeholder={t`Find by server, person, change, reason or text of a command`}
            spellCheck={false}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' || event.key === 'ArrowDown') {
                event.preventDefault();
                grid.current?.focus();
              }
              if (event.key === 'Escape') {
                event.preventDefault();
                setText('');
                grid.current?.focus();
              }
            }}
          />
          <span className={`${bar.count} pd-num`} role="status">
            <Plural value={total} one="# change" other="# changes" />
          </span>
          <Key always muted>
            /
          </Key>
        </div>
        <Button
          leftSection={verify.isFetching ? <Spinner /> : <IconRefresh size={14} />}
          onClick={check}
          rightSection={<Key>V</Key>}
        >
          <Trans>Verify again</Trans>
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button leftSection={<IconDownload size={14} />} disabled={total === 0}>
              <Trans>Export</Trans>
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => handing.mutate('csv')}>
              <Trans>CSV, for a spreadsheet</Trans>
            </Menu.Item>
            <Menu.Item onClick={() => handing.mutate('json')}>
              <Trans>JSON, everything</Trans>
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {handing.error !== null && <FailureText error={handing.error} />}
      <div className={frame.panes}>
        <div className={frame.main}>
          <div className={css.chain}>
            {verify.data !== undefined &&
              (verify.data.ok ? (
                <>
                  <Badge tone="ok" icon={<IconShieldCheck size={14} />}>
                    <Trans>Chain verified</Trans>
                  </Badge>
                  <span className="pd-2 pd-clip" data-tip="">
                    <Plural
                      value={verify.data.entries}
                      one="# entry, not missing or altered."
                      other="# entries, none missing or altered."
                    />{' '}
                    <Trans>Checked {format.clock(verify.data.checkedAt)}.</Trans>
                  </span>
                </>
              ) : (
                <>
                  <Badge tone="bad" icon={<IconShieldX size={14} />}>
                    <Trans>Chain broken</Trans>
                  </Badge>
                  <span className="pd-2 pd-clip" data-tip="">
                    {verify.data.problem !== null && say(verify.data.problem)}
                  </span>
                </>
              ))}
            <span className={css.grow} />
            <Choices<Show>
              label={t`Show`}
              value={show}
              options={[
                { value: 'all', label: <Trans>All</Trans> },
                { value: 'undoable', label: <Trans>Undoable</Trans> },
                { value: 'failed', label: <Trans>Not done</Trans> },
              ]}
              onChange={(next) => {
                setShow(next);
                setActive(1);
                grid.current?.toTop();
              }}
            />
          </div>
          <JournalGrid
            ref={grid}
            rows={rows}
            active={Math.min(active, Math.max(0, rows.length - 1))}
            onActive={setActive}
            open={open}
            onOpen={setOpen}
            onUndo={undo}
            onRange={onRange}
            empty={
              list.error !== null ? (
                <FailureNotice
                  title={<Trans>The journal could not be read</Trans>}
                  serverId=""
                  failure={failureOf(list.error)}
                  onRetry={() => void list.refetch()}
                />
              ) : list.isPending ? null : text !== '' || show !== 'all' || serverId !== null ? (
                <Notice
                  title={<Trans>No change matches</Trans>}
                  actions={
                    <Button
                      onClick={() => {
                        setText('');
                        setShow('all');
                        setView(open, null);
                      }}
                    >
                      <Trans>Show all changes</Trans>
                    </Button>
                  }
                >
                  <Trans>The journal has changes, but none of this kind.</Trans>
                </Notice>
              ) : (
                <Notice title={<Trans>Nothing has been changed yet</Trans>}>
                  <Trans>
                    Every change made from here is written down: who, where, when, the exact commands, what came of it
                    and how it can be undone.
                  </Trans>
                </Notice>
              )
            }
          />
        </div>
        {open !== null && <ChangePane key={open} changeId={open} onClose={() => setOpen(null)} />}
      </div>
    </div>
  );
}
