import { Menu } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconCopy, IconDots, IconKey, IconRoute, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Mailbox } from '#shared/model/mailbox.ts';
import type { SieveSettings } from '#shared/model/sieve.ts';
import type { FilterName, FilterSettings } from '#shared/model/user-filter.ts';
import { useApi } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { FailureNotice, FailureText } from '../../app/way-out.tsx';
import { CopyButton, copyText } from '../../ui/copy-button.tsx';
import { Spinner } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import {
  type AccountEdits,
  accountProblems,
  accountRequests,
  changedFields,
  filterChanges,
  filterProblem,
  sieveChanges,
} from './account-form.ts';
import { AccountGeneral } from './account-general.tsx';
import { SessionsTab } from './account-lists.tsx';
import { StateBadge } from './account-words.tsx';
import { AutoresponderTab, ForwardingTab, SendersTab } from './account-rules.tsx';
import { FilterRows } from './filter-rows.tsx';
import { MailTab } from './mail-tab.tsx';
import { RulesTab } from './rules-tab.tsx';
import { Footer, Pane, paneCss, Say, type Tab, Tabs } from './pane.tsx';
import { sieveProblem } from './sieve-form.ts';
import { useSequence } from './use-sequence.ts';
import type { ViewProps } from './view-props.ts';

const TABS = ['general', 'forwarding', 'autoresponder', 'rules', 'senders', 'folders', 'sessions'] as const;
type TabName = (typeof TABS)[number];
/** The tab stays while one goes from account to account. */
let lastTab: TabName = 'general';

/** One account: what stands on the server, and what was typed over it. */
export function AccountDrawer(props: {
  view: ViewProps;
  address: string;
  onOpen: (address: string) => void;
  onClose: () => void;
}) {
  const { view, address } = props;
  const { serverId, directory } = view;
  const { t } = useLingui();
  const api = useApi();
  const dialogs = useDialogs();
  const sequence = useSequence();
  const abilities = directory.reading?.abilities ?? null;
  const [tab, setTab] = useState<TabName>(lastTab);
  const [edits, setEdits] = useState<AccountEdits>({});
  const [told, setTold] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const settled = useSettled(address);
  const query = useQuery(
    api.query.accounts.show.queryOptions({
      input: { serverId, address },
      enabled: settled,
      retry: false,
      staleTime: 30_000,
    }),
  );
  const { version } = directory;
  const { refetch } = query;
  // What a job may have changed is read again with the list.
  useEffect(() => {
    if (version > 0) void refetch({ cancelRefetch: false });
    // Only when the list was read again.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [version]);

  const mailbox = query.data;
  const account = mailbox?.account;
  const settings = mailbox?.sieve.available === true ? mailbox.sieve.settings : null;
  const fields = account === undefined ? [] : changedFields(account, edits);
  const sections = sieveChanges(settings, edits.sieve);
  const problems = accountProblems(edits, fields);
  const rulesProblem = sections.length > 0 && edits.sieve !== undefined ? sieveProblem(edits.sieve) : null;
  const filters = filterChanges(mailbox?.filters ?? [], edits);
  const filtersSound = filters.every(({ name, settings: old }) => filterProblem(edits.filters?.[name] ?? old) === null);
  const changes = fields.length + sections.length + filters.length;
  const sound = Object.keys(problems).length === 0 && rulesProblem === null && filtersSound;
  const off = directory.failure !== null;

  const edit = (change: AccountEdits) => setEdits((now) => ({ ...now, ...change }));
  const rules = (change: Partial<SieveSettings>) => {
    const before = edits.sieve ?? settings;
    if (before !== null) edit({ sieve: { ...before, ...change } });
  };
  const review = async () => {
    if (account === undefined || changes === 0 || !sound || off) return;
    try {
      setError(null);
      const password = fields.includes('password') ? (edits.password ?? null) : null;
      const prepared =
        password === null ? null : await api.client.accounts.prepare({ entries: [{ address, password }] });
      const requests = accountRequests(
        serverId,
        account,
        edits,
        { sieve: settings, filters: mailbox?.filters ?? [] },
        prepared?.secretId ?? null,
      );
      const renamed = requests.find((request) => request.kind === 'accounts.rename');
      sequence(requests, () => {
        setEdits({});
        setTold(password);
        void query.refetch();
        if (renamed?.kind === 'accounts.rename') props.onOpen(renamed.to);
      });
    } catch (failure) {
      setError(failure);
    }
  };
  const show = (next: TabName) => {
    lastTab = next;
    setTab(next);
  };
  const turn = (step: number) => {
    const at = TABS.indexOf(tab);
    show(TABS[(at + step + TABS.length) % TABS.length] ?? 'general');
  };
  useKeys({ 'ctrl+Tab': () => turn(1), 'ctrl+shift+Tab': () => turn(-1), 'ctrl+s': () => void review() });

  const current = edits.sieve ?? settings;
  const tabs: Tab<TabName>[] = [
    { id: 'general', label: t`General`, changed: fields.length > 0 },
    {
      id: 'forwarding',
      label: t`Forwarding`,
      count: current?.forward?.to.length ?? 0,
      changed: sections.some((section) => ['forward', 'notify', 'hook'].includes(section)),
    },
    {
      id: 'autoresponder',
      label: t`Auto-reply`,
      count: (current?.vacation ?? null) === null ? 0 : 1,
      changed: sections.includes('vacation'),
    },
    { id: 'rules', label: t`Rules`, count: current?.rules.length ?? 0, changed: sections.includes('rules') },
    {
      id: 'senders',
      label: t`Spam`,
      count:
        (current?.allow.length ?? 0) +
        (current?.deny.length ?? 0) +
        ((current?.spam ?? null) === null ? 0 : 1) +
        (mailbox?.filters ?? []).reduce(
          (sum, { name, settings: old }) => sum + filterCount(edits.filters?.[name] ?? old),
          0,
        ),
      changed: sections.some((section) => ['allow', 'deny', 'spam'].includes(section)) || filters.length > 0,
    },
    { id: 'folders', label: t`Folders`, count: mailbox?.folders.length ?? 0 },
    { id: 'sessions', label: t`Sessions`, count: mailbox?.sessions.length ?? 0 },
  ];

  return (
    <Pane
      label={t`Account ${address}`}
      title={visibleLine(address)}
      sub={
        account !== undefined && (
          <>
            <StateBadge account={account} />
            <span className="pd-clip" data-tip="">
              {visibleLine(account.name ?? '')}
            </span>
          </>
        )
      }
      menu={
        <Menu position="bottom-end">
          <Menu.Target>
            <button type="button" className="pd-icon-button" aria-label={t`More about this account`}>
              <IconDots size={15} />
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconRoute size={14} />} onClick={() => view.onRoute(address)}>
              <Trans>Where would mail to it go?</Trans>
            </Menu.Item>
            <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => void copyText(address)}>
              <Trans>Copy the address</Trans>
            </Menu.Item>
            {abilities?.delete === true && !off && (
              <Menu.Item
                leftSection={<IconTrash size={14} />}
                color="var(--pd-bad)"
                onClick={() =>
                  dialogs.open({
                    kind: 'change',
                    request: {
                      kind: 'accounts.delete',
                      serverId,
                      target: { by: 'addresses', addresses: [address] },
                      mail: 'aside',
                    },
                    applied: props.onClose,
                  })
                }
              >
                <Trans>Delete…</Trans>
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      }
      tabs={<Tabs label={t`Parts of the account`} tabs={tabs} value={tab} onChange={show} />}
      footer={
        <Footer changes={changes} ready={sound && !off} onDiscard={() => setEdits({})} onReview={() => void review()} />
      }
      onClose={props.onClose}
    >
      {told !== null && (
        <Say tone="ok" icon={<IconKey size={15} aria-hidden="true" />}>
          <Trans>The new password is set. It is shown here until the drawer is closed, and kept nowhere.</Trans>
          <div className={paneCss.told}>
            <code>{told}</code>
            <CopyButton text={told}>
              <Trans>Copy</Trans>
            </CopyButton>
          </div>
        </Say>
      )}
      {error !== null && (
        <div className={paneCss.plain}>
          <FailureText error={error} />
        </div>
      )}
      {query.error !== null && account === undefined && (
        <FailureNotice
          title={<Trans>The account could not be read</Trans>}
          serverId={serverId}
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {mailbox === undefined && query.error === null && <Waiting />}
      {mailbox !== undefined && (
        <Content
          serverId={serverId}
          tab={tab}
          mailbox={mailbox}
          sieve={current}
          onSieve={rules}
          before={settings}
          filters={edits.filters ?? {}}
          onFilter={(name, typed) => edit({ filters: { ...edits.filters, [name]: typed } })}
          general={
            <AccountGeneral
              account={mailbox.account}
              abilities={abilities}
              edits={edits}
              onEdit={edit}
              fields={fields}
              problems={problems}
              home={mailbox.account.home}
            />
          }
        />
      )}
    </Pane>
  );
}

function Content(props: {
  serverId: string;
  tab: TabName;
  mailbox: Mailbox;
  sieve: SieveSettings | null;
  before: SieveSettings | null;
  onSieve: (change: Partial<SieveSettings>) => void;
  filters: Partial<Record<FilterName, FilterSettings>>;
  onFilter: (name: FilterName, settings: FilterSettings) => void;
  general: ReactNode;
}) {
  const { tab, mailbox, sieve, before, onSieve } = props;
  if (tab === 'general') return props.general;
  if (tab === 'folders') return <MailTab serverId={props.serverId} mailbox={mailbox} />;
  if (tab === 'sessions') return <SessionsTab sessions={mailbox.sessions} />;
  const form = { mailbox, sieve, before, onSieve };
  if (tab === 'forwarding') return <ForwardingTab {...form} />;
  if (tab === 'autoresponder') return <AutoresponderTab {...form} />;
  if (tab === 'rules') return <RulesTab {...form} />;
  return (
    <>
      {mailbox.filters.map((filter) => (
        <FilterRows
          key={filter.name}
          filter={filter}
          settings={props.filters[filter.name] ?? filter.settings}
          onChange={(settings) => props.onFilter(filter.name, settings)}
        />
      ))}
      <SendersTab {...form} />
    </>
  );
}

const filterCount = ({ threshold, allow, deny }: FilterSettings): number =>
  (threshold === null ? 0 : 1) + allow.length + deny.length;

function Waiting() {
  return (
    <p className={paneCss.plain} role="status">
      <Spinner /> <Trans>Reading the account</Trans>
    </p>
  );
}

/** Going through rows with the drawer open must not read every account that is passed. */
function useSettled(name: string): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    setSettled(false);
    const timer = setTimeout(() => setSettled(name !== ''), 150);
    return () => clearTimeout(timer);
  }, [name]);
  return settled;
}
