import { Button, PasswordInput, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import { useApi, useAppInfo } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { FailureText } from '../../app/way-out.tsx';
import { useSay } from '../../i18n/words.ts';
import { visibleLine } from '../../ui/visible.ts';
import { focusFirst, paneCss, Row } from './pane.tsx';

/** By whom mail is looked into, and a master user of Dovecot put in that place, or taken out of it. */
export function MailWay(props: { serverId: string; address: string }) {
  const { serverId, address } = props;
  const api = useApi();
  const say = useSay();
  const [asked, setAsked] = useState(false);
  const way = useQuery(api.query.mailboxes.way.queryOptions({ input: { serverId }, retry: false, staleTime: 30_000 }));
  const forget = useMutation({
    mutationFn: () => api.client.mailboxes.forgetMaster({ serverId }),
    onSuccess: () => way.refetch(),
  });
  if (way.data === undefined) return null;
  const { by, why } = way.data;
  const user = visibleLine(way.data.user ?? '');
  return (
    <div className={paneCss.plain}>
      <p className="pd-3">
        {by === 'imap' ? (
          <Trans>It is read over IMAP, logged in by the master user {user}.</Trans>
        ) : (
          <Trans>It is read through doveadm on the server.</Trans>
        )}{' '}
        {by === 'imap' && (
          <button type="button" className="pd-link" disabled={forget.isPending} onClick={() => forget.mutate()}>
            <Trans>Forget the master user</Trans>
          </button>
        )}
        {by === 'doveadm' && why !== null && say(why)}
        {by === 'doveadm' && why === null && !asked && (
          <button type="button" className="pd-link" onClick={() => setAsked(true)}>
            <Trans>Use a master user…</Trans>
          </button>
        )}
      </p>
      {forget.error !== null && <FailureText error={forget.error} />}
      {asked && by === 'doveadm' && (
        <MasterForm
          serverId={serverId}
          address={address}
          onClose={() => setAsked(false)}
          onSet={() => {
            setAsked(false);
            void way.refetch();
          }}
        />
      )}
    </div>
  );
}

function MasterForm(props: { serverId: string; address: string; onClose: () => void; onSet: () => void }) {
  const { serverId, address, onClose, onSet } = props;
  const { t } = useLingui();
  const api = useApi();
  const dialogs = useDialogs();
  const info = useAppInfo();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const keep = info?.secrets.keeper === 'session' ? ('session' as const) : ('stored' as const);
  const set = useMutation({
    mutationFn: () => api.client.mailboxes.setMaster({ serverId, address, user: user.trim(), password, keep }),
    onSuccess: onSet,
    onError: (error) => {
      if (failureOf(error).code === 'VAULT_LOCKED') dialogs.open({ kind: 'vault', retry: () => set.mutate() });
    },
  });
  const ready = user.trim() !== '' && password !== '' && !set.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) set.mutate();
  };
  return (
    <form aria-label={t`Master user`} onSubmit={submit}>
      <Row label={<Trans>Master user</Trans>} hint={<Trans>As Dovecot’s passdb with master = yes has it</Trans>}>
        {(id, note) => (
          <TextInput
            id={id}
            ref={focusFirst}
            aria-describedby={note}
            value={user}
            autoComplete="off"
            spellCheck={false}
            maxLength={254}
            onChange={(event) => setUser(event.currentTarget.value)}
          />
        )}
      </Row>
      <Row
        label={<Trans>Its password</Trans>}
        hint={
          keep === 'session' ? (
            <Trans>Kept in memory until the console ends</Trans>
          ) : (
            <Trans>Kept where the passwords of servers are, once a login as this account has worked</Trans>
          )
        }
      >
        {(id, note) => (
          <PasswordInput
            id={id}
            aria-describedby={note}
            value={password}
            autoComplete="off"
            maxLength={1024}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </Row>
      {set.error !== null && <FailureText error={set.error} />}
      <Button type="submit" variant="ink" disabled={!ready} loading={set.isPending}>
        <Trans>Try and keep</Trans>
      </Button>{' '}
      <Button onClick={onClose}>
        <Trans>Cancel</Trans>
      </Button>
    </form>
  );
}
