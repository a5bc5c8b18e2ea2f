import { TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import {
  checkDisplayName,
  checkDate,
  checkAccountName,
  checkPassword,
  parseQuota,
} from '#shared/model/mail-address.ts';
import { useApi } from '../../api/console.tsx';
import { useKeys } from '../../app/keys.ts';
import { FailureText } from '../../app/way-out.tsx';
import { useSay } from '../../i18n/words.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { PasswordRow } from './account-general.tsx';
import { Footer, focusFirst, Pane, paneCss as css, Row, Say } from './pane.tsx';
import { randomPassword } from './random-password.ts';
import { useSequence } from './use-sequence.ts';
import type { ViewProps } from './view-props.ts';

const FRESH = () => ({ local: '', name: '', password: randomPassword(), quota: '', expires: '' });

/** A form for a new account. The password is made at once: typing one is the exception. */
export function NewAccount(props: {
  view: ViewProps;
  /** Put behind the @ until another is typed. */
  domain: string | null;
  onClose: () => void;
  onAdded: (address: string) => void;
}) {
  const { serverId, directory } = props.view;
  const { t } = useLingui();
  const say = useSay();
  const api = useApi();
  const sequence = useSequence();
  const able = directory.reading?.abilities ?? null;
  const [form, setForm] = useState(FRESH);
  const [added, setAdded] = useState<{ address: string; password: string } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const typed = form.local.trim();
  const address = typed === '' || typed.includes('@') || props.domain === null ? typed : `${typed}@${props.domain}`;
  const checks = {
    address: checkAccountName(address),
    name: checkDisplayName(form.name),
    password: checkPassword(form.password),
    quota: parseQuota(form.quota),
    expires: form.expires === '' ? ({ ok: true, value: null } as const) : checkDate(form.expires),
  };
  const ready = Object.values(checks).every((check) => check.ok);
  const problem = (field: keyof typeof checks) => {
    const check = checks[field];
    return check.ok ? undefined : check.problem;
  };
  const put = (change: Partial<ReturnType<typeof FRESH>>) => {
    setAdded(null);
    setForm((now) => ({ ...now, ...change }));
  };
  const review = async () => {
    if (!ready || !checks.address.ok || !checks.quota.ok || !checks.name.ok || directory.failure !== null) return;
    const account = {
      address: checks.address.value,
      name: checks.name.value === '' ? null : checks.name.value,
      quota: checks.quota.value,
      expires: form.expires === '' ? null : form.expires,
    };
    try {
      setError(null);
      const { password } = form;
      const { secretId } = await api.client.accounts.prepare({ entries: [{ address: account.address, password }] });
      sequence([{ kind: 'accounts.add', serverId, accounts: [account], secretId }], () => {
        setAdded({ address: account.address, password });
        setForm(FRESH());
      });
    } catch (failure) {
      setError(failure);
    }
  };
  useKeys({ 'ctrl+s': () => void review() });
  const filled = [typed, form.name, form.quota, form.expires].filter((each) => each !== '').length;
  return (
    <Pane
      label={t`New account`}
      title={<Trans>New account</Trans>}
      sub={able !== null && <span className="pd-mono pd-clip">{able.place}</span>}
      footer={
        <Footer
          changes={filled === 0 ? 0 : 1}
          ready={ready}
          onDiscard={() => setForm(FRESH())}
          onReview={() => void review()}
        />
      }
      onClose={props.onClose}
    >
      {added !== null && (
        <Say tone="ok" icon={<IconKey size={15} aria-hidden="true" />}>
          <Trans>
            <strong>{added.address}</strong> is added. Its password is shown here until the drawer is closed, and kept
            nowhere.
          </Trans>
          <div className={css.told}>
            <code>{added.password}</code>
            <CopyButton text={added.password}>
              <Trans>Copy</Trans>
            </CopyButton>
            <button type="button" className="pd-link" onClick={() => props.onAdded(added.address)}>
              <Trans>Open the account</Trans>
            </button>
          </div>
        </Say>
      )}
      {error !== null && (
        <div className={css.plain}>
          <FailureText error={error} />
        </div>
      )}
      <Row
        label={<Trans>Address</Trans>}
        problem={typed === '' ? undefined : problem('address')}
        hint={props.domain !== null && !typed.includes('@') ? <Trans>becomes …@{props.domain}</Trans> : undefined}
      >
        {(id, note) => (
          <TextInput
            id={id}
            aria-describedby={note}
            ref={focusFirst}
            value={form.local}
            placeholder={t`name@example.org`}
            autoComplete="off"
            spellCheck={false}
            error={typed !== '' && problem('address') !== undefined}
            onChange={(event) => put({ local: event.currentTarget.value })}
          />
        )}
      </Row>
      {able?.name !== false && (
        <Row label={<Trans>Display name</Trans>} problem={problem('name')}>
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              value={form.name}
              onChange={(event) => put({ name: event.currentTarget.value })}
            />
          )}
        </Row>
      )}
      <PasswordRow
        value={form.password}
        problem={problem('password')}
        placeholder=""
        onChange={(password) => put({ password })}
      />
      {able?.quota !== false && (
        <Row label={<Trans>Quota</Trans>} problem={problem('quota')} hint={<Trans>Such as 500M or 2G</Trans>}>
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              maw={130}
              value={form.quota}
              placeholder={t`no limit`}
              error={problem('quota') !== undefined}
              onChange={(event) => put({ quota: event.currentTarget.value })}
            />
          )}
        </Row>
      )}
      {able?.expires === true && (
        <Row label={<Trans>Expires</Trans>} problem={problem('expires')}>
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              type="date"
              maw={160}
              value={form.expires}
              onChange={(event) => put({ expires: event.currentTarget.value })}
            />
          )}
        </Row>
      )}
      {able?.expires === false && able.expiry.why !== null && (
        <Row label={<Trans>Expires</Trans>} group>
          {() => <p className={`${css.value} pd-3`}>{able.expiry.why !== null && say(able.expiry.why)}</p>}
        </Row>
      )}
    </Pane>
  );
}
