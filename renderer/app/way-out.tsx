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

/** What happened, and below it what to do next. */
export function FailureWords(props: { failure: FailureData }) {
  const { message, hint } = props.failure;
  const say = useSay();
  return (
    <>
      {say(message)}
      {hint !== null && <span className={css.next}>{say(hint)}</span>}
    </>
  );
}

/** A failure inside a form or dialog: what happened and what to do next. */
export function FailureText(props: { error: unknown }) {
  const failure = failureOf(props.error);
  return (
    <div className={css.failure} role="alert">
      <IconAlertCircle size={15} aria-hidden="true" />
      <div>
        <FailureWords failure={failure} />
      </div>
    </div>
  );
}

/** Opens the dialog that can settle a failure; false when none can. */
export function settle(dialogs: Dialogs, serverId: string, failure: FailureData, retry: () => void): boolean {
  const { code } = failure;
  if (code === 'HOST_KEY_UNKNOWN' || code === 'HOST_KEY_CHANGED') {
    dialogs.open({ kind: 'host-key', serverId, failure, retry });
  } else if (code === 'AUTH_NEEDED' || code === 'AUTH_FAILED') {
    dialogs.open({ kind: 'secret', serverId, failure, retry });
  } else if (code === 'VAULT_LOCKED') {
    dialogs.open({ kind: 'vault', retry });
  } else {
    return false;
  }
  return true;
}

/** The button that leads out of a failure, by what it is; null where only trying again helps. */
export function WayOut(props: { serverId: string; failure: FailureData; retry: () => void }): ReactNode {
  const dialogs = useDialogs();
  const server = useServer(props.serverId);
  const { code } = props.failure;
  const open = () => settle(dialogs, props.serverId, props.failure, props.retry);
  if (code === 'SUDO_REFUSED') {
    return (
      <Button onClick={() => dialogs.open({ kind: 'sudoers', serverId: props.serverId })}>
        <Trans>Show the sudoers lines</Trans>
      </Button>
    );
  }
  if (code === 'CONNECT_FAILED' && server !== undefined) {
    return (
      <Button onClick={() => dialogs.open({ kind: 'server', edit: server })}>
        <Trans>Edit the server…</Trans>
      </Button>
    );
  }
  if (code === 'HOST_KEY_CHANGED') {
    return (
      <Button onClick={open}>
        <Trans>Show both fingerprints…</Trans>
      </Button>
    );
  }
  const word = settled(code);
  return word === null ? null : (
    <Button variant="ink" onClick={open}>
      {word}
    </Button>
  );
}

function settled(code: FailureData['code']): ReactNode {
  if (code === 'HOST_KEY_UNKNOWN') return <Trans>Compare the host key…</Trans>;
  if (code === 'AUTH_NEEDED' || code === 'AUTH_FAILED') return <Trans>Enter the secret…</Trans>;
  if (code === 'VAULT_LOCKED') return <Trans>Unlock the vault…</Trans>;
  return null;
}

/** A failure in the place of a view: state, cause, command and its output, next step. */
export function FailureNotice(props: {
  title: ReactNode;
  /** null: it is of no server, and `actions` lead out of it. */
  serverId: string | null;
  failure: FailureData;
  actions?: ReactNode;
  onRetry: () => void;
}) {
  const { t } = useLingui();
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
          {props.actions}
          {props.serverId !== null && <WayOut serverId={props.serverId} failure={failure} retry={props.onRetry} />}
          <button type="button" className="pd-link" onClick={props.onRetry}>
            <Trans>Try again</Trans> <Key>F5</Key>
          </button>
        </>
      }
    >
      <p>
        <FailureWords failure={failure} />
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
