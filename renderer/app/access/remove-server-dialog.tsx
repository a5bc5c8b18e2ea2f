import { Button, Modal } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import type { ServerProfile } from '#shared/model/server.ts';
import { useApi } from '../../api/console.tsx';
import { Key } from '../../ui/parts.tsx';
import css from '../form.module.css';
import { useGo } from '../go.ts';
import { useConfirmKey } from '../use-confirm-key.ts';
import { FailureText } from '../way-out.tsx';

/** Forgets a profile. Nothing happens on the server. */
export function RemoveServerDialog(props: { server: ServerProfile; onClose: () => void }) {
  const { t } = useLingui();
  const api = useApi();
  const go = useGo();
  const { server, onClose } = props;
  const remove = useMutation({
    mutationFn: () => api.client.servers.remove({ serverId: server.id }),
    onSuccess: async () => {
      onClose();
      go.start();
      await api.cache.invalidateQueries({ queryKey: api.query.servers.list.key() });
    },
  });
  useConfirmKey(() => remove.mutate());
  return (
    <Modal
      opened
      onClose={onClose}
      size={480}
      title={<Trans>Remove {server.name} from this list</Trans>}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <p className="pd-2">
        <Trans>
          Its address, its stored secrets and the key you accepted for it are forgotten. Nothing happens on the server.
          The journal and the safe copies stay.
        </Trans>
      </p>
      {remove.error !== null && <FailureText error={remove.error} />}
      <div className={css.end}>
        <Button onClick={onClose} data-autofocus rightSection={<Key>Esc</Key>}>
          <Trans>Cancel</Trans>
        </Button>
        <Button
          variant="danger"
          loading={remove.isPending}
          onClick={() => remove.mutate()}
          rightSection={<Key>Ctrl Enter</Key>}
        >
          <Trans>Remove 1 server</Trans>
        </Button>
      </div>
    </Modal>
  );
}
