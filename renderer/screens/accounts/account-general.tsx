import { Checkbox, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconCopy, IconRefresh } from '@tabler/icons-react';
import type { Account, AccountAbilities } from '#shared/model/account.ts';
import type { Text } from '#shared/model/text.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { copyText } from '../../ui/copy-button.tsx';
import { Choices, IconButton } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { type AccountEdits, type AccountField, shown } from './account-form.ts';
import { toneOf, useBinarySize } from './account-words.tsx';
import { paneCss as css, Row } from './pane.tsx';
import { randomPassword } from './random-password.ts';
import { quotaText } from './sizes.ts';

/** What an account is: address, name, state, password, quota, expiry. Where the server cannot, a value instead of a field. */
export function AccountGeneral(props: {
  account: Account;
  abilities: AccountAbilities | null;
  edits: AccountEdits;
  onEdit: (change: AccountEdits) => void;
  fields: readonly AccountField[];
  problems: Partial<Record<AccountField, Text>>;
  home: string | null;
}) {
  const { account, abilities: able, edits, onEdit, fields, problems } = props;
  const { t } = useLingui();
  const format = useFormat();
  const say = useSay();
  const size = useBinarySize();
  const value = shown(account, edits);
  const changed = (field: AccountField) => fields.includes(field);
  const none = t`none`;
  const was = (text: string) => <Trans>was {text === '' ? none : text}</Trans>;
  return (
    <>
      {able?.rename === true && (
        <Row
          label={<Trans>Address</Trans>}
          changed={changed('address')}
          problem={problems.address}
          was={<Trans>was {account.address}; its mail moves along</Trans>}
        >
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              value={value.address}
              error={problems.address !== undefined}
              spellCheck={false}
              onChange={(event) => onEdit({ address: event.currentTarget.value })}
            />
          )}
        </Row>
      )}
      {account.login !== account.address && (
        <Row label={<Trans>Login</Trans>} group>
          {() => <p className={`${css.value} pd-mono`}>{visibleLine(account.login)}</p>}
        </Row>
      )}
      {able?.name === true && (
        <Row
          label={<Trans>Display name</Trans>}
          changed={changed('name')}
          problem={problems.name}
          was={was(account.name ?? '')}
        >
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              value={value.name}
              error={problems.name !== undefined}
              onChange={(event) => onEdit({ name: event.currentTarget.value })}
            />
          )}
        </Row>
      )}
      <StateRow {...props} />
      {able?.password === true && (
        <PasswordRow
          value={edits.password ?? ''}
          problem={problems.password}
          changed={changed('password')}
          placeholder={t`unchanged`}
          onChange={(password) => onEdit({ password })}
        />
      )}
      <Row
        label={<Trans>Quota</Trans>}
        changed={changed('quota')}
        problem={problems.quota}
        was={account.quota === null ? <Trans>was no limit</Trans> : was(quotaText(account.quota))}
        group={able?.quota !== true}
      >
        {(id, note) => (
          <>
            <div className={css.beside}>
              {able?.quota === true ? (
                <TextInput
                  id={id}
                  aria-describedby={note}
                  value={value.quota}
                  placeholder={t`no limit`}
                  error={problems.quota !== undefined}
                  maw={130}
                  onChange={(event) => onEdit({ quota: event.currentTarget.value })}
                />
              ) : (
                <span>{account.quota === null ? <Trans>no limit</Trans> : size(account.quota)}</span>
              )}
              <span className="pd-2 pd-num">
                {account.used === null ? (
                  <Trans>used space not known</Trans>
                ) : account.share === null ? (
                  <Trans>{size(account.used)} used</Trans>
                ) : (
                  <Trans>
                    {size(account.used)} used, {format.percent(account.share)}
                  </Trans>
                )}
              </span>
            </div>
            {account.share !== null && (
              <div className={css.usage} data-tone={toneOf(account.share)} aria-hidden="true">
                <span style={{ width: `${Math.min(100, account.share * 100)}%` }} />
              </div>
            )}
          </>
        )}
      </Row>
      {able?.expires === true && (
        <Row
          label={<Trans>Expires</Trans>}
          changed={changed('expires')}
          problem={problems.expires}
          was={account.expires === null ? <Trans>was never</Trans> : was(account.expires)}
          hint={<ExpiryWord by={able.expiry.by} />}
        >
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              type="date"
              max="9999-12-31"
              maw={160}
              value={value.expires}
              error={problems.expires !== undefined}
              onChange={(event) => onEdit({ expires: event.currentTarget.value })}
            />
          )}
        </Row>
      )}
      {able?.expires === false && able.expiry.why !== null && (
        <Row label={<Trans>Expires</Trans>} group>
          {() => <p className={`${css.value} pd-3`}>{able.expiry.why !== null && say(able.expiry.why)}</p>}
        </Row>
      )}
      <Row label={<Trans>Last login</Trans>} group>
        {() => (
          <p className={css.value}>
            {account.lastLogin !== null ? (
              <span className="pd-num">{format.stamp(account.lastLogin)}</span>
            ) : able?.lastLogin === true ? (
              <Trans>none known</Trans>
            ) : (
              <span className="pd-3">
                <Trans>this server keeps no times of logins</Trans>
              </span>
            )}
          </p>
        )}
      </Row>
      {props.home !== null && (
        <Row label={<Trans>Stored in</Trans>} group>
          {() => <p className={`${css.value} pd-mono`}>{visibleLine(props.home ?? '')}</p>}
        </Row>
      )}
    </>
  );
}

/** What the date does once it has passed. */
function ExpiryWord(props: { by: AccountAbilities['expiry']['by'] }) {
  switch (props.by) {
    case 'system':
      return <Trans>The last day it is meant for; empty: never. After it the system refuses the login.</Trans>;
    case 'job':
      return <Trans>The last day it is meant for; empty: never. After it a daily job on the server locks it.</Trans>;
    case 'marked':
    case 'none':
      return (
        <Trans>The last day it is meant for; empty: never. It is kept and listed, and does not block by itself.</Trans>
      );
  }
}

/** Blocked means no login; refusing its mail too is said beside it. */
function StateRow(props: {
  account: Account;
  abilities: AccountAbilities | null;
  edits: AccountEdits;
  onEdit: (change: AccountEdits) => void;
  fields: readonly AccountField[];
}) {
  const { account, abilities: able, edits, onEdit, fields } = props;
  const { t } = useLingui();
  const value = shown(account, edits);
  const changed = fields.some((field) => ['blocked', 'sending', 'receiving'].includes(field));
  if (able?.block !== true) return null;
  return (
    <Row
      label={<Trans>State</Trans>}
      group
      changed={changed}
      was={
        account.blocked ? (
          <Trans>was blocked; takes effect when applied</Trans>
        ) : (
          <Trans>was active; takes effect when applied</Trans>
        )
      }
    >
      {() => (
        <>
          <div className={css.beside}>
            <div>
              <Choices
                label={t`State`}
                value={value.blocked ? 'blocked' : 'active'}
                onChange={(next) => onEdit({ blocked: next === 'blocked' })}
                options={[
                  { value: 'active', label: t({ message: 'Active', context: 'account' }) },
                  { value: 'blocked', label: t`Blocked` },
                ]}
              />
            </div>
          </div>
          {value.blocked && (
            <div className={css.checks}>
              <Checkbox checked readOnly aria-disabled label={t`no login`} />
              <Checkbox
                checked={value.sending}
                disabled={!able.blockSending}
                label={t`no sending`}
                onChange={(event) => onEdit({ sending: event.currentTarget.checked })}
              />
              <Checkbox
                checked={value.receiving}
                disabled={!able.blockReceiving}
                label={t`no receiving`}
                onChange={(event) => onEdit({ receiving: event.currentTarget.checked })}
              />
            </div>
          )}
        </>
      )}
    </Row>
  );
}

/** A password that can be seen: somebody has to pass it on. */
export function PasswordRow(props: {
  value: string;
  problem?: Text | undefined;
  changed?: boolean;
  placeholder: string;
  onChange: (password: string) => void;
}) {
  const { value, onChange } = props;
  const { t } = useLingui();
  return (
    <Row
      label={<Trans>Password</Trans>}
      changed={props.changed === true}
      problem={props.problem}
      was={<Trans>new; only its hash is stored, so copy it now</Trans>}
    >
      {(id, note) => (
        <div className={css.beside}>
          <TextInput
            id={id}
            aria-describedby={note}
            value={value}
            placeholder={props.placeholder}
            error={props.problem !== undefined}
            autoComplete="off"
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--pd-mono)' } }}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
          <span className={css.squares}>
            <IconButton label={t`Make a random one`} onClick={() => onChange(randomPassword())}>
              <IconRefresh size={15} />
            </IconButton>
            <IconButton label={t`Copy the password`} disabled={value === ''} onClick={() => void copyText(value)}>
              <IconCopy size={15} />
            </IconButton>
          </span>
        </div>
      )}
    </Row>
  );
}
