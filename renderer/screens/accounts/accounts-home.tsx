import { Button, Menu } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconDots, IconDownload, IconFileImport, IconLock, IconLockOpen, IconRoute } from '@tabler/icons-react';
import { useState } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { useApi, useServer } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useSay } from '../../i18n/words.ts';
import { Choices, Key, Notice } from '../../ui/parts.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { AccountsView } from './accounts-view.tsx';
import css from './accounts.module.css';
import { AliasesView } from './aliases-view.tsx';
import { DomainsView } from './domains-view.tsx';
import { ImportView } from './import-view.tsx';
import { RoutePane } from './route-pane.tsx';
import { type Directory, useDirectory } from './use-directory.ts';
import type { ViewProps } from './view-props.ts';
import { readViewState, useSetViewState, type ViewName } from './view-state.ts';

export function AccountsHome(props: { serverId: string; search: Record<string, unknown> }) {
  const { serverId } = props;
  const { t } = useLingui();
  const name = useServer(serverId)?.name ?? '';
  const state = readViewState(props.search);
  const set = useSetViewState(serverId);
  const directory = useDirectory(serverId);
  const [route, setRoute] = useState<string | null>(null);

  const to = (view: ViewName) => {
    setRoute(null);
    set({ view, q: '', show: 'all', open: null });
  };
  if (state.view === 'import') {
    return <ImportView serverId={serverId} name={name} directory={directory} onLeave={to} />;
  }
  const view: ViewProps = {
    serverId,
    name,
    state,
    set: (change) => {
      if (change.open !== undefined) setRoute(null);
      set(change);
    },
    directory,
    start: (
      <Choices
        label={t`What is listed`}
        value={state.view}
        onChange={to}
        options={[
          { value: 'accounts', label: t`Accounts` },
          { value: 'aliases', label: t`Aliases` },
          { value: 'domains', label: t`Domains` },
        ]}
      />
    ),
    more: (
      <MoreMenu serverId={serverId} directory={directory} view={state.view} onView={to} onRoute={() => setRoute('')} />
    ),
    onRoute: setRoute,
    route:
      route === null ? null : (
        <RoutePane key={route} serverId={serverId} address={route} onClose={() => setRoute(null)} />
      ),
  };
  if (directory.failure?.code === 'UNSUPPORTED' && directory.reading === null) {
    return <NoAccounts view={view} failure={directory.failure} />;
  }
  if (state.view === 'aliases') return <AliasesView {...view} />;
  if (state.view === 'domains') return <DomainsView {...view} />;
  return <AccountsView {...view} />;
}

function NoAccounts(props: { view: ViewProps; failure: FailureData }) {
  const { view, failure } = props;
  const say = useSay();
  return (
    <div className={css.screen}>
      <h1 className="pd-hidden">
        <Trans>Accounts on {view.name}</Trans>
      </h1>
      <Notice
        title={<Trans>No accounts to look after on {view.name}</Trans>}
        actions={
          <Button onClick={view.directory.read} rightSection={<Key>F5</Key>}>
            <Trans>Read again</Trans>
          </Button>
        }
      >
        <p>
          {say(failure.message)}
          {failure.hint !== null && (
            <>
              <br />
              {say(failure.hint)}
            </>
          )}
        </p>
      </Notice>
    </div>
  );
}

function MoreMenu(props: {
  serverId: string;
  directory: Directory;
  view: ViewName;
  onView: (view: ViewName) => void;
  onRoute: () => void;
}) {
  const { serverId, view } = props;
  const { t } = useLingui();
  const api = useApi();
  const dialogs = useDialogs();
  const say = useSay();
  const [failed, setFailed] = useState<FailureData | null>(null);
  const abilities = props.directory.reading?.abilities ?? null;
  const what = view === 'aliases' ? 'aliases' : view === 'domains' ? 'domains' : 'accounts';
  const exportAll = async () => {
    try {
      const { csv } = await api.client.accounts.export({ serverId, what });
      setFailed(null);
      saveFile(new Blob([csv], { type: 'text/csv;charset=utf-8' }), `${what}.csv`);
    } catch (error) {
      setFailed(failureOf(error));
    }
  };
  const everybody = (kind: 'accounts.block' | 'accounts.unblock') => {
    const target = { by: 'all' as const };
    dialogs.open({
      kind: 'change',
      request:
        kind === 'accounts.block'
          ? { kind, serverId, target, sending: false, receiving: false }
          : { kind, serverId, target },
    });
  };
  return (
    <>
      {failed !== null && (
        <span className={css.topProblem} role="alert">
          {say(failed.message)}
        </span>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <button type="button" className="pd-icon-button" aria-label={t`More actions`}>
            <IconDots size={15} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconRoute size={14} />} onClick={props.onRoute}>
            <Trans>Where would mail go?</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<IconFileImport size={14} />} onClick={() => props.onView('import')}>
            <Trans>Import a CSV…</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={14} />} onClick={() => void exportAll()}>
            {what === 'accounts' ? (
              <Trans>Export all accounts as CSV</Trans>
            ) : what === 'aliases' ? (
              <Trans>Export all aliases as CSV</Trans>
            ) : (
              <Trans>Export all domains as CSV</Trans>
            )}
          </Menu.Item>
          {abilities?.block === true && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconLock size={14} />} onClick={() => everybody('accounts.block')}>
                <Trans>Block every account…</Trans>
              </Menu.Item>
              <Menu.Item leftSection={<IconLockOpen size={14} />} onClick={() => everybody('accounts.unblock')}>
                <Trans>Unblock every account…</Trans>
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
