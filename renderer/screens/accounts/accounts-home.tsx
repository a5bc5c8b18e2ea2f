import { Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import type { FailureData } from '#shared/model/failure.ts';
import { useServer } from '../../api/console.tsx';
import { FailureWords } from '../../app/way-out.tsx';
import { Choices, Key, Notice } from '../../ui/parts.tsx';
import frame from '../../ui/screen.module.css';
import { AccountsView } from './accounts-view.tsx';
import { AliasesView } from './aliases-view.tsx';
import { DomainsView } from './domains-view.tsx';
import { ImportView } from './import-view.tsx';
import { MoreMenu } from './more-menu.tsx';
import { RoutePane } from './route-pane.tsx';
import { useDirectory } from './use-directory.ts';
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
  return (
    <div className={frame.screen}>
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
          <FailureWords failure={failure} />
        </p>
      </Notice>
    </div>
  );
}
