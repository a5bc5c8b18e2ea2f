import { Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { SecretKind } from '#shared/model/server.ts';
import { useApi, useAppInfo, useServer } from '../../api/console.tsx';
import { useSay } from '../../i18n/words.ts';
import { Choices, Key } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { useDialogs } from '../dialogs.tsx';
import css from '../form.module.css';
import { useConfirmKey } from '../use-confirm-key.ts';
import { FailureText } from '../way-out.tsx';

interface Prompt {
  prompt: string;
  echo: boolean;
}

function promptsOf(failure: FailureData): Prompt[] {
  const { prompts } = failure.detail;
  if (!Array.isArray(prompts)) return [];
  return prompts.map((each: Record<string, unknown>) => ({
    prompt: typeof each['prompt'] === 'string' ? visibleLine(each['prompt']) : '',
    echo: each['echo'] === true,
  }));
}

/** Asks for what the server asked for: a password, a key's passphrase, sudo's password, or answers to its prompts. */
export function SecretDialog(props: {
  serverId: string;
  failure: FailureData;
  retry: () => void;
  onClose: () => void;
}) {
  const { failure, serverId, onClose, retry } = props;
  const { t } = useLingui();
  const api = useApi();
  const say = useSay();
  const dialogs = useDialogs();
  const server = useServer(serverId);
  const info = useAppInfo();
  const parsed = SecretKind.safeParse(failure.detail['kind']);
  const kind: SecretKind = parsed.success ? parsed.data : 'password';
  const prompts: Prompt[] = kind === 'keyboard-interactive' ? promptsOf(failure) : [];
  // Answers that were refused are used up, and the server's next prompts may be others: it is asked for them anew.
  const askAgain = kind === 'keyboard-interactive' && prompts.length === 0;
  const fields: Prompt[] = prompts.length > 0 || askAgain ? prompts : [{ prompt: '', echo: false }];
  const [values, setValues] = useState<readonly string[]>(fields.map(() => ''));
  const [keep, setKeep] = useState<'session' | 'stored'>('stored');
  const hop = typeof failure.detail['hop'] === 'string' ? failure.detail['hop'] : null;
  // Answers to prompts are one-time codes as a rule: the console uses them once, wherever secrets are kept.
  const noStore = info?.secrets.keeper === 'session' || kind === 'keyboard-interactive';

  const save = useMutation({
    mutationFn: async () => {
      if (askAgain) return;
      await api.client.servers.setSecret({
        serverId,
        kind,
        hop,
        value: values.join('\n'),
        keep: noStore ? 'session' : keep,
      });
    },
    onSuccess: () => {
      onClose();
      retry();
    },
    onError: (error) => {
      if (failureOf(error).code === 'VAULT_LOCKED') dialogs.open({ kind: 'vault', retry: () => save.mutate() });
    },
  });
  const filled = values.every((value) => value !== '');
  useConfirmKey(() => save.mutate(), filled);

  const name = server?.name ?? '';
  return (
    <Modal
      opened
      onClose={onClose}
      size={520}
      title={<Title kind={kind} name={hop ?? name} />}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (filled) save.mutate();
        }}
      >
        <p className={css.text}>{say(failure.message)}</p>
        <div className={css.rows}>
          {fields.map((field, at) => {
            const id = `secret-${at}`;
            const Input = field.echo ? TextInput : PasswordInput;
            return (
              <Field key={at} id={id} label={field.prompt === '' ? <Label kind={kind} /> : field.prompt}>
                <Input
                  id={id}
                  autoComplete="off"
                  {...(at === 0 ? { 'data-autofocus': true } : {})}
                  value={values[at] ?? ''}
                  onChange={(event) => {
                    const { value } = event.currentTarget;
                    setValues((now) => now.map((each, i) => (i === at ? value : each)));
                  }}
                />
              </Field>
            );
          })}
          {!askAgain && (
            <span className={css.label}>
              <Trans>Keep it</Trans>
            </span>
          )}
          {askAgain ? null : kind === 'keyboard-interactive' ? (
            <p className={css.label}>
              <Trans>not at all: answers are used once, and the server asks again at the next login.</Trans>
            </p>
          ) : noStore ? (
            <p className={css.label}>
              <Trans>in memory, until the console ends: this computer has no keychain and no vault was made.</Trans>{' '}
              <button
                type="button"
                className="pd-link"
                onClick={() => dialogs.open({ kind: 'vault', retry: () => undefined })}
              >
                <Trans>Make a vault…</Trans>
              </button>
            </p>
          ) : (
            <div>
              <Choices
                label={t`Keep it`}
                value={keep}
                options={[
                  {
                    value: 'stored',
                    label:
                      info?.secrets.keeper === 'vault' ? <Trans>In the vault</Trans> : <Trans>In the keychain</Trans>,
                  },
                  { value: 'session', label: <Trans>Until the console ends</Trans> },
                ]}
                onChange={setKeep}
              />
            </div>
          )}
        </div>
        {save.error !== null && <FailureText error={save.error} />}
        <div className={css.end}>
          <Button onClick={onClose} rightSection={<Key>Esc</Key>}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            type="submit"
            variant="ink"
            disabled={!filled}
            {...(askAgain ? { 'data-autofocus': true } : {})}
            loading={save.isPending}
            rightSection={<Key>Ctrl Enter</Key>}
          >
            {askAgain ? <Trans>Connect again</Trans> : <Trans>Use it and connect</Trans>}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Field(props: { id: string; label: ReactNode; children: ReactNode }) {
  return (
    <>
      <label className={css.label} htmlFor={props.id}>
        {props.label}
      </label>
      {props.children}
    </>
  );
}

function Title(props: { kind: SecretKind; name: string }) {
  const { name } = props;
  switch (props.kind) {
    case 'password':
      return <Trans>Password for {name}</Trans>;
    case 'passphrase':
      return <Trans>Passphrase of the key for {name}</Trans>;
    case 'sudo':
      return <Trans>sudo password on {name}</Trans>;
    case 'keyboard-interactive':
      return <Trans>{name} asks</Trans>;
    default:
      return assertNever(props.kind, 'secret kind');
  }
}

function Label(props: { kind: SecretKind }) {
  return props.kind === 'passphrase' ? <Trans>Passphrase</Trans> : <Trans>Password</Trans>;
}
