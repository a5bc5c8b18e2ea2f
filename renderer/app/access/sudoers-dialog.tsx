import { Modal } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useApi, useServer } from '../../api/console.tsx';
import { FailureText } from '../way-out.tsx';
import { SudoersLines } from './sudoers-lines.tsx';

/** The lines of sudoers(5) that give the user what is missing on this server. */
export function SudoersDialog(props: { serverId: string; onClose: () => void }) {
  const { t } = useLingui();
  const api = useApi();
  const name = useServer(props.serverId)?.name ?? '';
  const probe = useQuery(api.query.servers.test.queryOptions({ input: { serverId: props.serverId } }));
  return (
    <Modal
      opened
      onClose={props.onClose}
      size={720}
      title={<Trans>Rights that {name} needs to give</Trans>}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {probe.data !== undefined && <SudoersLines lines={probe.data.sudoers} />}
      {probe.isPending && (
        <p className="pd-2">
          <Trans>Asking the server what is missing…</Trans>
        </p>
      )}
      {probe.error !== null && <FailureText error={probe.error} />}
    </Modal>
  );
}
