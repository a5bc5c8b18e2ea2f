import { Spotlight, type SpotlightActionGroupData, useSpotlight } from '@mantine/spotlight';
import { useLingui as useCatalogue } from '@lingui/react';
import { useLingui } from '@lingui/react/macro';
import {
  IconAt,
  IconBolt,
  IconChartBar,
  IconFileText,
  IconFolderOpen,
  IconKeyboard,
  IconLayoutSidebar,
  IconListDetails,
  IconMoon,
  IconPlus,
  IconSearch,
  IconServer,
  IconSettings,
  IconStack2,
  IconSun,
  IconUpload,
  IconUsers,
  IconWorld,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useApi, useServers, useWireState } from '../api/console.tsx';
import { Key } from '../ui/parts.tsx';
import { offeredCommands } from './commands.ts';
import { useDialogs } from './dialogs.tsx';
import { useCurrentServerId, useGo } from './go.ts';
import { SCREENS } from './screens.ts';
import { paletteStore } from './palette-store.ts';
import { useSavedSearches } from './searches/use-saved-searches.ts';
import { useSaveSettings } from './settings/use-save-settings.ts';

/** Go to or run a command: everything the frame can do, by name. */
export function Palette(props: { onFold: () => void }) {
  const { t } = useLingui();
  const { i18n } = useCatalogue();
  const api = useApi();
  const go = useGo();
  const dialogs = useDialogs();
  const servers = useServers() ?? [];
  const current = useCurrentServerId();
  const save = useSaveSettings();
  const wire = useWireState();
  // Drawn anew when it opens: that is when the screen says what it can do.
  useSpotlight(paletteStore);
  const { all: searches } = useSavedSearches();
  const { data: sets } = useQuery(api.query.logs.sets.queryOptions({ enabled: wire === 'open' }));

  const here = offeredCommands().map(({ group, commands }) => ({
    group,
    actions: commands.map((command) => ({
      id: command.id,
      label: command.label,
      ...(typeof command.off === 'string' ? { description: command.off, disabled: true } : {}),
      leftSection: command.icon ?? <IconBolt size={16} />,
      rightSection:
        command.keys === undefined ? null : (
          <Key always muted>
            {command.keys}
          </Key>
        ),
      onClick: command.run,
    })),
  }));
  const actions: SpotlightActionGroupData[] = [
    ...here,
    {
      group: t`Servers`,
      actions: servers.flatMap((server) => [
        {
          id: `queue-${server.id}`,
          label: t`Queue on ${server.name}`,
          ...(server.ssh === null ? {} : { description: `${server.ssh.user}@${server.ssh.host}` }),
          leftSection: <IconStack2 size={16} />,
          onClick: () => go.queue(server.id),
        },
        {
          id: `accounts-${server.id}`,
          label: t`Accounts on ${server.name}`,
          leftSection: <IconUsers size={16} />,
          onClick: () => go.accounts(server.id),
        },
        // A demo server writes no log.
        ...(server.demo
          ? []
          : [
              {
                id: `live-${server.id}`,
                label: t`Log of ${server.name}`,
                leftSection: <IconFileText size={16} />,
                onClick: () => go.logs({ server: server.id }),
              },
            ]),
        {
          id: `server-${server.id}`,
          label: t`What ${server.name} is and can do`,
          leftSection: <IconServer size={16} />,
          onClick: () => go.server(server.id),
        },
      ]),
    },
    {
      group: t`Views`,
      actions: SCREENS.flatMap((screen) =>
        screen.tab === null || (screen.path.includes('$') && current === undefined)
          ? []
          : [
              {
                id: screen.id,
                label: i18n._(screen.tab),
                leftSection: <IconSearch size={16} />,
                onClick: () => go.screen(screen.path, current),
              },
            ],
      ),
    },
    {
      group: t`Saved searches`,
      actions:
        current === undefined
          ? []
          : searches.map((search) => ({
              id: `search-${search.name}`,
              label: search.name,
              description: search.query,
              leftSection: <IconSearch size={16} />,
              onClick: () => go.queue(current, { q: search.query }),
            })),
    },
    {
      group: t`Accounts`,
      actions:
        current === undefined
          ? []
          : [
              { id: 'aliases', label: t`Aliases`, icon: <IconAt size={16} />, view: 'aliases' },
              { id: 'domains', label: t`Domains`, icon: <IconWorld size={16} />, view: 'domains' },
              { id: 'import', label: t`Import accounts from CSV…`, icon: <IconUpload size={16} />, view: 'import' },
            ].map(({ id, label, icon, view }) => ({
              id,
              label,
              leftSection: icon,
              onClick: () => go.accounts(current, { view }),
            })),
    },
    {
      group: t`Log files`,
      actions: (sets ?? []).flatMap((set) => [
        {
          id: `logs-${set.name}`,
          label: t`Log ${set.name}`,
          leftSection: <IconFileText size={16} />,
          onClick: () => go.logs({ set: set.name }),
        },
        {
          id: `report-${set.name}`,
          label: t`Report of ${set.name}`,
          leftSection: <IconChartBar size={16} />,
          onClick: () => go.logs({ set: set.name, view: 'report' }),
        },
      ]),
    },
    {
      group: t`Commands`,
      actions: [
        {
          id: 'logs',
          label: t`Open log files…`,
          leftSection: <IconFolderOpen size={16} />,
          onClick: () => go.logs({ view: 'files' }),
        },
        {
          id: 'add',
          label: t`Add a server…`,
          leftSection: <IconPlus size={16} />,
          onClick: () => dialogs.open({ kind: 'server' }),
        },
        {
          id: 'verify',
          label: t`Verify the journal`,
          leftSection: <IconSearch size={16} />,
          onClick: () => {
            void api.cache.invalidateQueries({ queryKey: api.query.changes.verify.key() });
            go.journal();
          },
        },
        {
          id: 'jobs',
          label: t`Jobs`,
          leftSection: <IconListDetails size={16} />,
          onClick: () => dialogs.setTray(true),
        },
        {
          id: 'settings',
          label: t`Settings…`,
          leftSection: <IconSettings size={16} />,
          onClick: () => dialogs.open({ kind: 'settings' }),
        },
        {
          id: 'keys',
          label: t`Keys`,
          leftSection: <IconKeyboard size={16} />,
          onClick: () => dialogs.open({ kind: 'keys' }),
        },
        {
          id: 'rail',
          label: t`Fold or unfold the server list`,
          leftSection: <IconLayoutSidebar size={16} />,
          onClick: props.onFold,
        },
        {
          id: 'light',
          label: t`Light theme`,
          leftSection: <IconSun size={16} />,
          onClick: () => save.mutate({ theme: 'light' }),
        },
        {
          id: 'dark',
          label: t`Dark theme`,
          leftSection: <IconMoon size={16} />,
          onClick: () => save.mutate({ theme: 'dark' }),
        },
      ],
    },
  ];
  return (
    <Spotlight
      store={paletteStore}
      title={t`Go to or run a command`}
      shortcut={null}
      actions={actions.filter((group) => group.actions.length > 0)}
      nothingFound={t`Nothing of that name`}
      searchProps={{
        placeholder: t`Go to or run a command`,
        leftSection: <IconSearch size={16} />,
        'aria-label': t`Go to or run a command`,
      }}
      highlightQuery={false}
      overlayProps={{ blur: 0 }}
      radius="xl"
      scrollable
      maxHeight={420}
      limit={60}
    />
  );
}
