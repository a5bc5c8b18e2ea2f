import { Tooltip } from '@mantine/core';
import { useLingui as useCatalogue } from '@lingui/react';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconCommand, IconListDetails, IconSettings } from '@tabler/icons-react';
import { Outlet } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { useApi, useLive, useServers, useStatus, useWireState } from '../api/console.tsx';
import { useFormat } from '../i18n/use-format.ts';
import { Logo } from '../ui/logo.tsx';
import { IconButton, Key } from '../ui/parts.tsx';
import { DialogHost } from './dialog-host.tsx';
import { useDialogs } from './dialogs.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import css from './frame.module.css';
import { useCurrentScreen, useCurrentServerId, useGo } from './go.ts';
import { isRunning } from './jobs/job-words.ts';
import { JobTray } from './jobs/tray.tsx';
import { useKeys } from './keys.ts';
import { palette } from './palette-store.ts';
import { Palette } from './palette.tsx';
import { nextPane } from './panes.ts';
import { Rail } from './rail.tsx';
import { SCREENS } from './screens.ts';
import { StatusBar } from './status-bar.tsx';
import { WireBanner } from './unreachable.tsx';

const RAIL = 'postdeck.rail';

/** Title bar, rail, view, status bar; and what stands over them. */
export function Frame() {
  const [folded, setFolded] = useState(() => localStorage.getItem(RAIL) === 'folded');
  const wire = useWireState();
  const dialogs = useDialogs();
  const servers = useServers();
  const go = useGo();
  const current = useCurrentServerId();
  const tabs = SCREENS.filter((screen) => screen.tab !== null);

  const fold = () =>
    setFolded((now) => {
      localStorage.setItem(RAIL, now ? 'open' : 'folded');
      return !now;
    });

  useKeys({
    'ctrl+k': () => palette.open(),
    'ctrl+b': fold,
    'ctrl+j': () => dialogs.setTray(!dialogs.trayOpen),
    'ctrl+,': () => dialogs.open({ kind: 'settings' }),
    '?': () => dialogs.open({ kind: 'keys' }),
    F6: () => nextPane(1),
    'shift+F6': () => nextPane(-1),
    ...Object.fromEntries(tabs.map((tab, at) => [`ctrl+${at + 1}`, () => go.screen(tab.path, current)])),
    ...Object.fromEntries((servers ?? []).slice(0, 9).map((server, at) => [`alt+${at + 1}`, () => go.here(server.id)])),
  });

  return (
    <div className={css.frame} data-folded={folded}>
      <TitleBar onPalette={() => palette.open()} />
      <Rail folded={folded} />
      <main className={css.view} id="view">
        <WireBanner state={wire} />
        <ErrorBoundary>
          <Suspense fallback={null}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      <StatusBar />
      <JobTray />
      <DialogHost />
      <Palette onFold={fold} />
    </div>
  );
}

function TitleBar(props: { onPalette: () => void }) {
  const { t } = useLingui();
  const dialogs = useDialogs();
  const jobs = useLive(useApi().jobs);
  const running = [...jobs.values()].some(isRunning);
  return (
    <header className={css.title}>
      <div className={css.brand}>
        <Logo />
        <span>Postdeck</span>
      </div>
      <Tabs />
      <button type="button" className={css.palette} onClick={props.onPalette}>
        <IconCommand size={14} aria-hidden="true" />
        <span className="pd-clip">
          <Trans>Go to or run a command</Trans>
        </span>
        <Key always muted>
          Ctrl K
        </Key>
      </button>
      <IconButton
        label={running ? t`Jobs, some running` : t`Jobs`}
        keys="Ctrl J"
        pressed={dialogs.trayOpen}
        mark={running}
        onClick={() => dialogs.setTray(!dialogs.trayOpen)}
      >
        <IconListDetails size={16} />
      </IconButton>
      <IconButton label={t`Settings`} keys="Ctrl ," onClick={() => dialogs.open({ kind: 'settings' })}>
        <IconSettings size={16} />
      </IconButton>
    </header>
  );
}

function Tabs() {
  const { t } = useLingui();
  const { i18n } = useCatalogue();
  const go = useGo();
  const format = useFormat();
  const screen = useCurrentScreen();
  const current = useCurrentServerId();
  const status = useStatus(current);
  return (
    <nav className={css.tabs} aria-label={t`Views`}>
      {SCREENS.map((each, at) => {
        if (each.tab === null) return null;
        const needsServer = each.path.includes('$serverId');
        const count = each.id === 'queue' ? status?.queueCount : null;
        return (
          <Tooltip key={each.id} label={`Ctrl ${at + 1}`}>
            <button
              type="button"
              className={css.tab}
              aria-current={screen === each.id ? 'page' : undefined}
              disabled={needsServer && current === undefined}
              onClick={() => go.screen(each.path, current)}
            >
              {i18n._(each.tab)}
              {count !== null && count !== undefined && <span className={css.tabCount}>{format.count(count)}</span>}
            </button>
          </Tooltip>
        );
      })}
    </nav>
  );
}
