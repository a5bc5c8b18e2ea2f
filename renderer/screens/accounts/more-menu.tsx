import { Menu } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import {
  IconCalendarOff,
  IconDots,
  IconDownload,
  IconFileImport,
  IconLock,
  IconLockOpen,
  IconRoute,
} from '@tabler/icons-react';
import { useState } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { useApi } from '../../api/console.tsx';
import { useCommands } from '../../app/commands.ts';
import { useDialogs } from '../../app/dialogs.tsx';
import { useSay } from '../../i18n/words.ts';
import { saveFile } from '../../ui/save-file.ts';
import css from './accounts.module.css';
import type { Directory } from './use-directory.ts';
import type { ViewName } from './view-state.ts';

/** What concerns the whole server; in the menu, and by name in the palette. */
export function MoreMenu(props: {
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
  const expiry = abilities?.expiry ?? null;
  const enforced = expiry?.by === 'job';
  const enforce = () => dialogs.open({ kind: 'change', request: { kind: 'accounts.expiry', serverId, on: !enforced } });
  const exportWord = {
    accounts: t`Export all accounts as CSV`,
    aliases: t`Export all aliases as CSV`,
    domains: t`Export all domains as CSV`,
  }[what];
  const expiryWord = enforced ? t`Stop locking expired accounts…` : t`Lock expired accounts daily…`;
  const off = props.directory.failure === null ? null : t`Changes are off until the server answers.`;
  useCommands({
    group: t`The whole server`,
    commands: [
      { id: 'accounts-route', label: t`Where would mail go?`, icon: <IconRoute size={16} />, run: props.onRoute },
      { id: 'accounts-export', label: exportWord, icon: <IconDownload size={16} />, run: () => void exportAll() },
      ...(abilities?.block === true
        ? [
            {
              id: 'accounts-block-all',
              label: t`Block every account…`,
              off,
              icon: <IconLock size={16} />,
              run: () => everybody('accounts.block'),
            },
            {
              id: 'accounts-unblock-all',
              label: t`Unblock every account…`,
              off,
              icon: <IconLockOpen size={16} />,
              run: () => everybody('accounts.unblock'),
            },
          ]
        : []),
      ...(expiry?.able === true
        ? [{ id: 'accounts-expiry', label: expiryWord, off, icon: <IconCalendarOff size={16} />, run: enforce }]
        : []),
    ],
  });
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
            {exportWord}
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
          {expiry?.able === true && (
            <Menu.Item leftSection={<IconCalendarOff size={14} />} onClick={enforce}>
              {expiryWord}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
