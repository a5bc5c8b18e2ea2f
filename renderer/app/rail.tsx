import { Menu, Tooltip } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import {
  IconDots,
  IconEdit,
  IconPlugX,
  IconPlus,
  IconServer,
  IconStack2,
  IconTrash,
  IconUsers,
} from '@tabler/icons-react';
import type { ServerProfile, ServerStatus } from '#shared/model/server.ts';
import { useApi, useServers, useStatus } from '../api/console.tsx';
import { useFormat } from '../i18n/use-format.ts';
import { useSay } from '../i18n/words.ts';
import { IconButton } from '../ui/parts.tsx';
import { ServerMark } from '../ui/server-mark.tsx';
import { useDialogs } from './dialogs.tsx';
import css from './frame.module.css';
import { useGo, useServerOnView } from './go.ts';
import { PANE } from './panes.ts';
import { RailLogs } from './rail-logs.tsx';
import { RailSearches } from './searches/rail-searches.tsx';
import { useStateWord } from './server-words.ts';

/** Servers by organisation, with their state and what waits there. */
export function Rail(props: { folded: boolean }) {
  const { t } = useLingui();
  const servers = useServers();
  const dialogs = useDialogs();
  const groups = Map.groupBy(servers ?? [], (server) => server.group ?? '');
  const names = [...groups.keys()].sort((a, b) => (a === '' ? -1 : b === '' ? 1 : a.localeCompare(b)));
  const add = (
    <IconButton label={t`Add a server`} onClick={() => dialogs.open({ kind: 'server' })}>
      <IconPlus size={14} />
    </IconButton>
  );
  return (
    <nav className={css.rail} aria-label={t`Servers`} {...PANE}>
      {names.length === 0 && (
        <div className={css.railGroup}>
          <div className={css.railHead}>
            <span>
              <Trans>Servers</Trans>
            </span>
            {add}
          </div>
          {servers !== undefined && (
            <p className={css.railNone}>
              <Trans>None yet. Servers you add appear here with their state and queue size.</Trans>
            </p>
          )}
        </div>
      )}
      {names.map((name, at) => (
        <div key={name} className={css.railGroup}>
          <div className={css.railHead}>
            <span className="pd-clip" data-tip="">
              {name === '' ? <Trans>Servers</Trans> : name}
            </span>
            {at === 0 && add}
          </div>
          <ul>
            {(groups.get(name) ?? []).map((server) => (
              <RailServer key={server.id} server={server} folded={props.folded} />
            ))}
          </ul>
        </div>
      ))}
      <RailLogs />
      <RailSearches />
    </nav>
  );
}

function RailServer(props: { server: ServerProfile; folded: boolean }) {
  const { server } = props;
  const { t } = useLingui();
  const format = useFormat();
  const say = useSay();
  const word = useStateWord();
  const go = useGo();
  const current = useServerOnView();
  const status = useStatus(server.id);
  const state: ServerStatus['state'] = status?.state ?? 'not-contacted';
  const why = status?.why === null || status?.why === undefined ? '' : `: ${say(status.why)}`;
  const count =
    state === 'offline'
      ? t`offline`
      : status?.queueCount === null || status === undefined
        ? ''
        : format.count(status.queueCount);
  return (
    <li className={css.server} data-current={current === server.id}>
      <Tooltip label={`${server.name}, ${word(state)}${why}`} position="right" openDelay={600}>
        <button
          type="button"
          className={css.serverLink}
          aria-current={current === server.id ? 'true' : undefined}
          onClick={() => go.here(server.id)}
        >
          <ServerMark state={state} />
          <span className="pd-hidden">{word(state)}</span>
          <span className={`${css.serverName} pd-clip`}>{server.name}</span>
          {server.demo && (
            <span className={css.demo}>
              <Trans>Demo</Trans>
            </span>
          )}
          <span className={css.serverCount}>{count}</span>
        </button>
      </Tooltip>
      <ServerMenu server={server} />
    </li>
  );
}

function ServerMenu(props: { server: ServerProfile }) {
  const { server } = props;
  const { t } = useLingui();
  const go = useGo();
  const dialogs = useDialogs();
  const api = useApi();
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <button type="button" className={`pd-icon-button ${css.serverMore}`} aria-label={t`Actions for ${server.name}`}>
          <IconDots size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconStack2 size={14} />} onClick={() => go.queue(server.id)}>
          <Trans>Queue</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconUsers size={14} />} onClick={() => go.accounts(server.id)}>
          <Trans>Accounts</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconServer size={14} />} onClick={() => go.server(server.id)}>
          <Trans>What the server is</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconEdit size={14} />} onClick={() => dialogs.open({ kind: 'server', edit: server })}>
          <Trans>Edit…</Trans>
        </Menu.Item>
        <Menu.Item
          leftSection={<IconPlugX size={14} />}
          onClick={() => void api.client.servers.disconnect({ serverId: server.id }).catch(() => undefined)}
        >
          <Trans>Disconnect</Trans>
        </Menu.Item>
        <Menu.Item
          leftSection={<IconTrash size={14} />}
          color="var(--pd-bad)"
          onClick={() => dialogs.open({ kind: 'remove-server', server })}
        >
          <Trans>Remove…</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
