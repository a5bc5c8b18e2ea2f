import { Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { useServer } from '../api/console.tsx';
import { useSay } from '../i18n/words.ts';
import { Code, Key, Notice } from '../ui/parts.tsx';
import { visible } from '../ui/visible.ts';
import { type Dialogs, useDialogs } from './dialogs.tsx';
import css from './form.module.css';

/** A failure inside a form or dialog: what happened and what to do next. */
export function FailureText(props: { error: unknown }) {
  const say = useSay();
  const failure = failureOf(props.error);
  return (
    <div className={css.failure} role="alert">
      <IconAlertCircle size={15} aria-hidden="true" />
      <div>
        {say(failure.message)}
        {failure.hint !== null && <div className="pd-2">{say(failure.hint)}</div>}
      </div>
    </div>
  );
}

/** Opens the dialog that can settle a failure; false when none can. */
export function settle(dialogs: Dialogs, serverId: string, failure: FailureData, then: () => void): boolean {
  switch (failure.code) {
    case 'HOST_KEY_UNKNOWN':
    case 'HOST_KEY_CHANGED':
      dialogs.open({ kind: 'host-key', serverId, failure, then });
      return true;
    case 'AUTH_NEEDED':
    case 'AUTH_FAILED':
      dialogs.open({ kind: 'secret', serverId, failure, then });
      return true;
    case 'VAULT_LOCKED':
      dialogs.open({ kind: 'vault', then });
      return true;
    default:
      return false;
  }
}

/** The button that leads out of a failure, by what it is; null where only trying again helps. */
export function WayOut(props: { serverId: string; failure: FailureData; then: () => void }): ReactNode {
  const dialogs = useDialogs();
  const server = useServer(props.serverId);
  const { failure } = props;
  const open = () => settle(dialogs, props.serverId, failure, props.then);
  switch (failure.code) {
    case 'HOST_KEY_UNKNOWN':
      return (
        <Button variant="ink" onClick={open}>
          <Trans>Compare the host key…</Trans>
        </Button>
      );
    case 'HOST_KEY_CHANGED':
      return (
        <Button onClick={open}>
          <Trans>Show both fingerprints…</Trans>
        </Button>
      );
    case 'AUTH_NEEDED':
    case 'AUTH_FAILED':
      return (
        <Button variant="ink" onClick={open}>
          <Trans>Enter the secret…</Trans>
        </Button>
      );
    case 'VAULT_LOCKED':
      return (
        <Button variant="ink" onClick={open}>
          <Trans>Unlock the vault…</Trans>
        </Button>
      );
    case 'SUDO_REFUSED':
      return (
        <Button onClick={() => dialogs.open({ kind: 'sudoers', serverId: props.serverId })}>
          <Trans>Show the sudoers lines</Trans>
        </Button>
      );
    case 'CONNECT_FAILED':
      return server === undefined ? null : (
        <Button onClick={() => dialogs.open({ kind: 'server', edit: server })}>
          <Trans>Edit the server…</Trans>
        </Button>
      );
    default:
      return null;
  }
}

/** A failure in the place of a view: state, cause, command and its output, next step. */
export function FailureNotice(props: {
  title: ReactNode;
  serverId: string;
  failure: FailureData;
  onRetry: () => void;
}) {
  const { t } = useLingui();
  const say = useSay();
  const { failure } = props;
  const detail = (name: string) => {
    const value = failure.detail[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const command = detail('command');
  const output = detail('stderr') ?? detail('output');
  const exit = detail('exit') ?? detail('exitStatus');
  return (
    <Notice
      tone="bad"
      icon={<IconAlertCircle size={15} aria-hidden="true" />}
      title={props.title}
      actions={
        <>
          <WayOut serverId={props.serverId} failure={failure} then={props.onRetry} />
          <button type="button" className="pd-link" onClick={props.onRetry}>
            <Trans>Try again</Trans> <Key>F5</Key>
          </button>
        </>
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
      {command !== null && (
        <Code label={t`What the server answered`}>
          {visible(command)}
          {(output !== null || exit !== null) && (
            <div className="pd-3">
              {exit !== null && `exit ${exit}: `}
              {visible(output ?? '')}
            </div>
          )}
        </Code>
      )}
    </Notice>
  );
}
