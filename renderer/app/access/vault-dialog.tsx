import { Button, Modal, PasswordInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi, useAppInfo } from '../../api/console.tsx';
import { Key } from '../../ui/parts.tsx';
import css from '../form.module.css';
import { useConfirmKey } from '../use-confirm-key.ts';
import { FailureText } from '../way-out.tsx';

/** Opens the vault of secrets, or makes it with the passphrase given twice. */
export function VaultDialog(props: { retry: () => void; onClose: () => void }) {
  const { t } = useLingui();
  const api = useApi();
  const info = useAppInfo();
  const fresh = info?.secrets.keeper === 'session';
  const [phrase, setPhrase] = useState('');
  const [again, setAgain] = useState('');
  const short = phrase.length < 8;
  const differs = fresh && again !== phrase;
  const unlock = useMutation({
    mutationFn: () => api.client.app.unlockVault({ passphrase: phrase }),
    onSuccess: (next) => {
      api.cache.setQueryData(api.query.app.info.queryKey(), next);
      props.onClose();
      props.retry();
    },
  });
  useConfirmKey(() => unlock.mutate(), !short && !differs);
  return (
    <Modal
      opened
      onClose={props.onClose}
      size={480}
      title={fresh ? <Trans>Make a vault for secrets</Trans> : <Trans>Unlock the vault</Trans>}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!short && !differs) unlock.mutate();
        }}
      >
        <p className={css.text}>
          {fresh ? (
            <Trans>
              Passwords are kept encrypted on this computer under one passphrase. It is not stored anywhere; without it
              they cannot be read.
            </Trans>
          ) : (
            <Trans>Stored passwords are encrypted; the passphrase opens them until the console ends.</Trans>
          )}
        </p>
        <div className={css.rows}>
          <label className={css.label} htmlFor="vault-phrase">
            <Trans>Passphrase</Trans>
          </label>
          <PasswordInput
            id="vault-phrase"
            data-autofocus
            autoComplete="off"
            value={phrase}
            onChange={(event) => setPhrase(event.currentTarget.value)}
            error={phrase !== '' && short ? t`At least 8 characters` : undefined}
          />
          {fresh && (
            <>
              <label className={css.label} htmlFor="vault-again">
                <Trans>Once more</Trans>
              </label>
              <PasswordInput
                id="vault-again"
                autoComplete="off"
                value={again}
                onChange={(event) => setAgain(event.currentTarget.value)}
                error={again !== '' && differs ? t`Not the same` : undefined}
              />
            </>
          )}
        </div>
        {unlock.error !== null && <FailureText error={unlock.error} />}
        <div className={css.end}>
          <Button onClick={props.onClose} rightSection={<Key>Esc</Key>}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            type="submit"
            variant="ink"
            disabled={short || differs}
            loading={unlock.isPending}
            rightSection={<Key>Ctrl Enter</Key>}
          >
            {fresh ? <Trans>Make the vault</Trans> : <Trans>Unlock</Trans>}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
