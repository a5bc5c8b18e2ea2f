import { Checkbox, NumberInput, Switch, Textarea, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconFilter } from '@tabler/icons-react';
import { paneCss as css, Row, Say } from './pane.tsx';
import { differs, ListField, ListRow, type RulesProps, Sieve, Was } from './sieve-parts.tsx';
import { NoticeRows, SpamRows } from './spam-rows.tsx';

export function ForwardingTab(form: RulesProps) {
  const { before, onSieve } = form;
  const { t } = useLingui();
  return (
    <Sieve form={form}>
      {(sieve, offers) => {
        const { forward } = sieve;
        return (
          <>
            <ListRow
              label={<Trans>Forward to</Trans>}
              hint={<Trans>One address a line</Trans>}
              value={forward?.to ?? []}
              old={before?.forward?.to ?? []}
              placeholder={t`nowhere`}
              onChange={(to) => onSieve({ forward: to.length === 0 ? null : { to, keep: forward?.keep ?? true } })}
            />
            {forward !== null && (
              <Row label={<Trans>Copy</Trans>} group changed={forward.keep !== (before?.forward?.keep ?? forward.keep)}>
                {() => (
                  <div className={css.checks}>
                    <Checkbox
                      checked={forward.keep}
                      label={t`keep a copy in this mailbox`}
                      onChange={(event) => onSieve({ forward: { ...forward, keep: event.currentTarget.checked } })}
                    />
                  </div>
                )}
              </Row>
            )}
            <NoticeRows sieve={sieve} before={before} offers={offers} onSieve={onSieve} />
          </>
        );
      }}
    </Sieve>
  );
}

export function AutoresponderTab(form: RulesProps) {
  const { before, onSieve } = form;
  const { t } = useLingui();
  const old = before?.vacation ?? null;
  return (
    <Sieve form={form}>
      {({ vacation }) => (
        <>
          <Row
            label={<Trans>Answer</Trans>}
            group
            changed={(vacation === null) !== (old === null)}
            was={old === null ? <Trans>was off</Trans> : <Trans>was on</Trans>}
          >
            {() => (
              <div className={css.checks}>
                <Switch
                  size="xs"
                  checked={vacation !== null}
                  label={t`answer senders by itself`}
                  onChange={(event) =>
                    onSieve({
                      vacation: event.currentTarget.checked
                        ? (old ?? {
                            subject: t`Out of office`,
                            text: '',
                            from: null,
                            until: null,
                            days: 7,
                            addresses: [],
                          })
                        : null,
                    })
                  }
                />
              </div>
            )}
          </Row>
          {vacation !== null && (
            <>
              <Row
                label={<Trans>Subject</Trans>}
                changed={vacation.subject !== (old?.subject ?? '')}
                was={<Was list={old === null ? [] : [old.subject]} />}
              >
                {(id, note) => (
                  <TextInput
                    id={id}
                    aria-describedby={note}
                    value={vacation.subject}
                    maxLength={255}
                    onChange={(event) => onSieve({ vacation: { ...vacation, subject: event.currentTarget.value } })}
                  />
                )}
              </Row>
              <Row label={<Trans>Text</Trans>} changed={vacation.text !== (old?.text ?? '')}>
                {(id, note) => (
                  <Textarea
                    id={id}
                    aria-describedby={note}
                    autosize
                    minRows={5}
                    maxRows={14}
                    maxLength={16_384}
                    value={vacation.text}
                    onChange={(event) => onSieve({ vacation: { ...vacation, text: event.currentTarget.value } })}
                  />
                )}
              </Row>
              <Row
                label={<Trans>From, until</Trans>}
                group
                changed={vacation.from !== (old?.from ?? null) || vacation.until !== (old?.until ?? null)}
                hint={<Trans>First and last day, in the server’s time zone; empty: open</Trans>}
              >
                {() => (
                  <div className={css.beside}>
                    <TextInput
                      type="date"
                      aria-label={t`First day`}
                      value={vacation.from ?? ''}
                      onChange={(event) =>
                        onSieve({
                          vacation: {
                            ...vacation,
                            from: event.currentTarget.value === '' ? null : event.currentTarget.value,
                          },
                        })
                      }
                    />
                    <TextInput
                      type="date"
                      aria-label={t`Last day`}
                      flex={1}
                      value={vacation.until ?? ''}
                      onChange={(event) =>
                        onSieve({
                          vacation: {
                            ...vacation,
                            until: event.currentTarget.value === '' ? null : event.currentTarget.value,
                          },
                        })
                      }
                    />
                  </div>
                )}
              </Row>
              <Row
                label={<Trans>Once in</Trans>}
                changed={vacation.days !== (old?.days ?? 7)}
                hint={<Trans>Days in which a sender is answered once</Trans>}
              >
                {(id, note) => (
                  <NumberInput
                    id={id}
                    aria-describedby={note}
                    maw={96}
                    min={1}
                    max={365}
                    allowDecimal={false}
                    clampBehavior="strict"
                    value={vacation.days}
                    onChange={(days) =>
                      onSieve({ vacation: { ...vacation, days: typeof days === 'number' ? days : 7 } })
                    }
                  />
                )}
              </Row>
              <Row
                label={<Trans>Also for</Trans>}
                changed={differs(vacation.addresses, old?.addresses ?? [])}
                hint={<Trans>Further addresses of this mailbox that mail may be addressed to (RFC 5230 4.5)</Trans>}
              >
                {(id, note) => (
                  <ListField
                    id={id}
                    note={note}
                    value={vacation.addresses}
                    onChange={(addresses) => onSieve({ vacation: { ...vacation, addresses } })}
                  />
                )}
              </Row>
            </>
          )}
        </>
      )}
    </Sieve>
  );
}

export function SendersTab(form: RulesProps) {
  const { mailbox, before, onSieve } = form;
  const { t } = useLingui();
  return (
    <Sieve form={form}>
      {(sieve, offers) => {
        const { allow, deny } = sieve;
        return (
          <>
            {mailbox.filters.length > 0 && (
              <Say icon={<IconFilter size={15} aria-hidden="true" />}>
                <Trans>Dovecot’s Sieve judges it again at delivery; these settings are kept in the user’s script</Trans>
              </Say>
            )}
            <SpamRows sieve={sieve} before={before} offers={offers} onSieve={onSieve} />
            <ListRow
              label={<Trans>Always let in</Trans>}
              hint={<Trans>Stays in the inbox, before any rule. An address or @domain a line</Trans>}
              value={allow}
              old={before?.allow ?? []}
              placeholder={t`nobody`}
              rows={4}
              onChange={(list) => onSieve({ allow: list })}
            />
            <ListRow
              label={<Trans>Never let in</Trans>}
              hint={<Trans>Thrown away without an answer. An address or @domain a line</Trans>}
              value={deny}
              old={before?.deny ?? []}
              placeholder={t`nobody`}
              rows={4}
              onChange={(list) => onSieve({ deny: list })}
            />
          </>
        );
      }}
    </Sieve>
  );
}
