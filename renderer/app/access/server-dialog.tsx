import { Button, Checkbox, Modal, Select, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ServerProfile, SshSettings } from '#shared/model/server.ts';
import { useApi, useServers } from '../../api/console.tsx';
import { IconButton, Key } from '../../ui/parts.tsx';
import { useDialogs } from '../dialogs.tsx';
import css from '../form.module.css';
import { useGo } from '../go.ts';
import { useConfirmKey } from '../use-confirm-key.ts';
import { FailureText } from '../way-out.tsx';
import { EMPTY, type FieldProblem, formOf, readForm, type ServerForm } from './server-form.ts';

/** Adds a server, or edits one. Saving contacts nothing; the server's page that follows does. */
export function ServerDialog(props: {
  edit?: ServerProfile | undefined;
  prefill?: { name: string; ssh: SshSettings } | undefined;
  onClose: () => void;
}) {
  const { edit, prefill, onClose } = props;
  const { t } = useLingui();
  const api = useApi();
  const go = useGo();
  const dialogs = useDialogs();
  const servers = useServers() ?? [];
  const start = edit !== undefined ? formOf(edit) : prefill !== undefined ? formOf(prefill) : EMPTY;
  const [form, setForm] = useState<ServerForm>(start);
  const [problems, setProblems] = useState<ReadonlySet<FieldProblem>>(new Set());
  const set = (change: Partial<ServerForm>) => setForm((now) => ({ ...now, ...change }));
  const groups = [...new Set(servers.flatMap((server) => server.group ?? []))];
  const demo = edit?.demo === true;

  const save = useMutation({
    mutationFn: async () => {
      const read = readForm(form, edit);
      if ('problems' in read) {
        setProblems(read.problems);
        return null;
      }
      setProblems(new Set());
      return edit === undefined
        ? api.client.servers.add(read.input)
        : api.client.servers.update({ serverId: edit.id, profile: read.input });
    },
    onSuccess: async (profile) => {
      if (profile === null) return;
      await api.cache.invalidateQueries({ queryKey: api.query.servers.list.key() });
      dialogs.close();
      go.server(profile.id);
    },
  });
  useConfirmKey(() => save.mutate());

  const wrong: Record<FieldProblem, string> = {
    name: t`Letters, digits, dot, dash or underscore; at most 64`,
    host: t`A host name or an IP address`,
    port: t`1 to 65535`,
    user: t`A user name, without blanks or @`,
    jump: t`Each hop as USER@HOST or USER@HOST:PORT`,
  };
  const error = (field: FieldProblem) => (problems.has(field) ? wrong[field] : undefined);

  return (
    <Modal
      opened
      onClose={onClose}
      size={600}
      title={edit === undefined ? <Trans>Add a server</Trans> : <Trans>Edit {edit.name}</Trans>}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
        noValidate
      >
        <p className={css.text}>
          <Trans>
            Nothing is installed on the server and nothing is changed there. Postdeck logs in as this user and runs only
            the commands it shows.
          </Trans>
        </p>
        <div className={css.rows}>
          {!demo && (
            <>
              <label className={css.label} htmlFor="server-host">
                <Trans>Host and port</Trans>
              </label>
              <div className={css.pair}>
                <TextInput
                  id="server-host"
                  data-autofocus
                  placeholder="mx1.example.org"
                  value={form.host}
                  error={error('host')}
                  onChange={(event) => {
                    const host = event.currentTarget.value;
                    // The first label of the host is a good name until a person gives another.
                    const first = (text: string) => text.split('.')[0] ?? '';
                    set(form.name === first(form.host) ? { host, name: first(host) } : { host });
                  }}
                />
                <TextInput
                  aria-label={t`Port`}
                  inputMode="numeric"
                  value={form.port}
                  error={error('port')}
                  onChange={(event) => set({ port: event.currentTarget.value })}
                />
              </div>
              <label className={css.label} htmlFor="server-user">
                <Trans>User</Trans>
              </label>
              <TextInput
                id="server-user"
                value={form.user}
                error={error('user')}
                onChange={(event) => set({ user: event.currentTarget.value })}
              />
            </>
          )}
          <label className={css.label} htmlFor="server-name">
            <Trans>Name</Trans>
          </label>
          <TextInput
            id="server-name"
            value={form.name}
            error={error('name')}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <label className={css.label} htmlFor="server-group">
            <Trans>Organisation</Trans>
          </label>
          <div>
            <TextInput
              id="server-group"
              list="server-groups"
              value={form.group}
              description={t`The server list groups by it; may stay empty`}
              inputWrapperOrder={['input', 'description']}
              onChange={(event) => set({ group: event.currentTarget.value })}
            />
            <datalist id="server-groups">
              {groups.map((group) => (
                <option key={group} value={group} />
              ))}
            </datalist>
          </div>
          {!demo && (
            <>
              <label className={css.label} htmlFor="server-identity">
                <Trans>Key file</Trans>
              </label>
              <TextInput
                id="server-identity"
                placeholder="~/.ssh/id_ed25519"
                value={form.identityFile}
                description={t`On this computer, tried first. Empty: the agent's keys, then the usual files in ~/.ssh, then a password`}
                inputWrapperOrder={['input', 'description']}
                onChange={(event) => set({ identityFile: event.currentTarget.value })}
              />
              <span className={css.label}>
                <Trans>Agent</Trans>
              </span>
              <Checkbox
                mt={6}
                label={t`Offer the keys of the SSH agent`}
                checked={form.agent}
                onChange={(event) => set({ agent: event.currentTarget.checked })}
              />
              <span className={css.label}>
                <Trans>Through</Trans>
              </span>
              <Jump hops={form.jump} error={error('jump')} onChange={(jump) => set({ jump })} />
              <label className={css.label} htmlFor="server-sudo">
                <Trans>Root rights</Trans>
              </label>
              <Select
                id="server-sudo"
                allowDeselect={false}
                value={form.sudo}
                data={[
                  { value: 'none', label: t`None needed: the user is root, or may read only` },
                  { value: 'passwordless', label: t`sudo without a password` },
                  { value: 'password', label: t`sudo with a password, which is asked for` },
                ]}
                onChange={(value) => set({ sudo: value === 'passwordless' || value === 'password' ? value : 'none' })}
              />
            </>
          )}
        </div>
        {save.error !== null && <FailureText error={save.error} />}
        <div className={css.end}>
          <Button onClick={onClose} rightSection={<Key>Esc</Key>}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" variant="ink" loading={save.isPending} rightSection={<Key>Ctrl Enter</Key>}>
            {edit !== undefined ? <Trans>Save</Trans> : <Trans>Add and connect</Trans>}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Jump(props: { hops: readonly string[]; error: string | undefined; onChange: (hops: string[]) => void }) {
  const { t } = useLingui();
  const { hops, onChange } = props;
  return (
    <div className={css.hops}>
      {hops.map((hop, at) => (
        <div key={at} className={css.hop}>
          <TextInput
            aria-label={t`Jump host ${at + 1}`}
            placeholder="ops@jump.example.org"
            value={hop}
            error={props.error !== undefined && at === hops.length - 1 ? props.error : undefined}
            onChange={(event) => onChange(hops.map((each, i) => (i === at ? event.currentTarget.value : each)))}
          />
          <IconButton label={t`Remove jump host ${at + 1}`} onClick={() => onChange(hops.filter((_, i) => i !== at))}>
            <IconX size={14} />
          </IconButton>
        </div>
      ))}
      {hops.length < 4 && (
        <div>
          <Button size="compact-xs" leftSection={<IconPlus size={13} />} onClick={() => onChange([...hops, ''])}>
            <Trans>Jump host</Trans>
          </Button>
        </div>
      )}
    </div>
  );
}
