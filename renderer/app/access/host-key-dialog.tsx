import { Button, Modal } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import type { FailureData } from '#shared/model/failure.ts';
import { useApi, useServer } from '../../api/console.tsx';
import { useSay } from '../../i18n/words.ts';
import { Key } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from '../form.module.css';
import { useConfirmKey } from '../use-confirm-key.ts';
import { FailureText } from '../way-out.tsx';

interface KnownKey {
  algorithm: string;
  fingerprint: string;
  where: string;
}

const words = (value: unknown) => (typeof value === 'string' ? visibleLine(value) : '');

const hostOf = (value: unknown) => (typeof value === 'string' ? value : '');

function knownKeys(value: unknown): KnownKey[] {
  if (!Array.isArray(value)) return [];
  return value.map((each: Record<string, unknown>) => ({
    algorithm: words(each['algorithm']),
    fingerprint: words(each['fingerprint']),
    where: words(each['where']),
  }));
}

/**
 * First contact: the fingerprint is shown and asked about. A changed or revoked key is refused here: both fingerprints
 * are shown, and there is no button to accept it.
 */
export function HostKeyDialog(props: {
  serverId: string;
  failure: FailureData;
  retry: () => void;
  onClose: () => void;
}) {
  const { failure, serverId, onClose, retry } = props;
  const { t } = useLingui();
  const api = useApi();
  const say = useSay();
  const server = useServer(serverId);
  const { detail } = failure;
  const port = typeof detail['port'] === 'number' ? detail['port'] : 22;
  const host = words(detail['host']);
  const place = port === 22 ? host : `${host}:${port}`;
  const changed = failure.code === 'HOST_KEY_CHANGED';
  const fingerprint = typeof detail['fingerprint'] === 'string' ? detail['fingerprint'] : '';
  const trust = useMutation({
    mutationFn: () => api.client.servers.trustHostKey({ serverId, host: hostOf(detail['host']), fingerprint }),
    onSuccess: () => {
      onClose();
      retry();
    },
  });
  useConfirmKey(() => trust.mutate(), !changed);

  return (
    <Modal
      opened
      onClose={onClose}
      size={600}
      title={
        changed ? (
          <Trans>The host key of {place} is another one</Trans>
        ) : (
          <Trans>Is this the host key of {place}?</Trans>
        )
      }
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <p className="pd-2">
        {changed ? (
          say(failure.message)
        ) : (
          <Trans>
            {server?.name ?? place} has not been contacted before. Nothing was sent yet. Compare this fingerprint with
            one that comes from the server itself.
          </Trans>
        )}
      </p>
      <dl className={css.prints}>
        <dt>{changed ? <Trans>Shown now</Trans> : <Trans>Fingerprint</Trans>}</dt>
        <dd className="pd-mono">
          {words(detail['algorithm'])} {visibleLine(fingerprint)}
        </dd>
        {changed &&
          knownKeys(detail['known']).map((key) => (
            <KnownKeyRow key={key.fingerprint} known={key} revoked={detail['revoked'] === true} />
          ))}
        {!changed && (
          <>
            <dt>
              <Trans>On the server</Trans>
            </dt>
            <dd className="pd-mono">for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$f"; done</dd>
          </>
        )}
      </dl>
      {changed && failure.hint !== null && <p>{say(failure.hint)}</p>}
      {trust.error !== null && <FailureText error={trust.error} />}
      <div className={css.end}>
        <Button onClick={onClose} data-autofocus rightSection={<Key>Esc</Key>}>
          {changed ? <Trans>Close</Trans> : <Trans>Not now</Trans>}
        </Button>
        {!changed && (
          <Button
            variant="ink"
            loading={trust.isPending}
            onClick={() => trust.mutate()}
            rightSection={<Key>Ctrl Enter</Key>}
          >
            <Trans>It is the same: accept this key</Trans>
          </Button>
        )}
      </div>
    </Modal>
  );
}

function KnownKeyRow(props: { known: KnownKey; revoked: boolean }) {
  return (
    <>
      <dt>{props.revoked ? <Trans>Revoked</Trans> : <Trans>On record</Trans>}</dt>
      <dd className="pd-mono">
        {props.known.algorithm} {props.known.fingerprint}
        <div className="pd-3">{props.known.where}</div>
      </dd>
    </>
  );
}
