import { NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import type { SieveOffers } from '#shared/model/mailbox.ts';
import { MAX_SPAM_LEVEL, type SieveSettings, type SieveSpam } from '#shared/model/sieve.ts';
import { useSay } from '../../i18n/words.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { paneCss as css, Row } from './pane.tsx';
import { differs, Was } from './sieve-parts.tsx';

/** Where panels begin: rspamd's and SpamAssassin's own mark for spam is about here. */
const USUAL: SieveSpam = { level: 6, folder: 'Junk' };

interface Rows {
  sieve: SieveSettings;
  before: SieveSettings | null;
  offers: SieveOffers;
  onSieve: (change: Partial<SieveSettings>) => void;
}

/** The user's own spam threshold, or why there can be none. */
export function SpamRows({ sieve, before, offers, onSieve }: Rows) {
  const { t } = useLingui();
  const say = useSay();
  const format = useFormat();
  const { spam } = sieve;
  const old = before?.spam ?? null;
  if (!offers.spam.available && spam === null) {
    return (
      <Row label={<Trans>Spam</Trans>} group hint={say(offers.spam.why)}>
        {() => <p className="pd-2">{<Trans>no threshold of its own</Trans>}</p>}
      </Row>
    );
  }
  const refusedAt = offers.spam.available ? offers.spam.refusedAt : null;
  return (
    <>
      <Row
        label={<Trans>Spam</Trans>}
        group
        changed={(spam === null) !== (old === null)}
        was={old === null ? <Trans>was off</Trans> : <Trans>was on</Trans>}
        hint={
          offers.spam.available ? (
            refusedAt === null ? (
              <Trans>By the score that {offers.spam.by} writes into mail</Trans>
            ) : (
              <Trans>
                By the score that {offers.spam.by} writes into mail; the server itself refuses at{' '}
                {format.count(refusedAt)}
              </Trans>
            )
          ) : (
            say(offers.spam.why)
          )
        }
      >
        {() => (
          <div className={css.checks}>
            <Switch
              size="xs"
              checked={spam !== null}
              label={t`a threshold of its own`}
              onChange={(event) => onSieve({ spam: event.currentTarget.checked ? (old ?? USUAL) : null })}
            />
          </div>
        )}
      </Row>
      {spam !== null && (
        <>
          <Row
            label={<Trans>From a score of</Trans>}
            changed={spam.level !== (old?.level ?? spam.level)}
            hint={<Trans>Whole points; senders that are always let in are not judged</Trans>}
          >
            {(id, note) => (
              <NumberInput
                id={id}
                aria-describedby={note}
                maw={96}
                min={1}
                max={MAX_SPAM_LEVEL}
                allowDecimal={false}
                clampBehavior="strict"
                value={spam.level}
                onChange={(level) =>
                  onSieve({ spam: { ...spam, level: typeof level === 'number' ? level : USUAL.level } })
                }
              />
            )}
          </Row>
          <Row
            label={<Trans>Goes to folder</Trans>}
            changed={spam.folder !== (old?.folder ?? spam.folder)}
            was={<Was list={old?.folder === undefined || old.folder === null ? [] : [old.folder]} />}
            hint={<Trans>Empty: thrown away without an answer</Trans>}
          >
            {(id, note) => (
              <TextInput
                id={id}
                aria-describedby={note}
                value={spam.folder ?? ''}
                placeholder={t`thrown away`}
                spellCheck={false}
                maxLength={200}
                onChange={(event) => {
                  const folder = event.currentTarget.value;
                  onSieve({ spam: { ...spam, folder: folder === '' ? null : folder } });
                }}
              />
            )}
          </Row>
        </>
      )}
    </>
  );
}

/** A notice of new mail, to an address and to a program of the server; what is not offered says why. */
export function NoticeRows({ sieve, before, offers, onSieve }: Rows) {
  const { t } = useLingui();
  const say = useSay();
  const { notify, hook } = sieve;
  const oldHook = before?.hook ?? null;
  return (
    <>
      {offers.notify.available || notify !== null ? (
        <Row
          label={<Trans>Notice to</Trans>}
          changed={notify !== (before?.notify ?? null)}
          was={<Was list={typeof before?.notify === 'string' ? [before.notify] : []} />}
          hint={<Trans>A short notice of each new message goes there</Trans>}
        >
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              value={notify ?? ''}
              placeholder={t`nobody`}
              spellCheck={false}
              onChange={(event) => {
                const to = event.currentTarget.value.trim();
                onSieve({ notify: to === '' ? null : to });
              }}
            />
          )}
        </Row>
      ) : (
        <Row label={<Trans>Notice to</Trans>} group hint={say(offers.notify.why)}>
          {() => <p className="pd-2">{t`nobody`}</p>}
        </Row>
      )}
      {offers.hooks.available ? (
        <Row
          label={<Trans>Program</Trans>}
          changed={differs(hook, oldHook)}
          was={<Was list={oldHook === null ? [] : [oldHook]} />}
          hint={<Trans>Gets each new message on its standard input; from {offers.hooks.folder}</Trans>}
        >
          {(id, note) => (
            <Select
              id={id}
              aria-describedby={note}
              data={offers.hooks.available ? offers.hooks.programs : []}
              value={hook}
              clearable
              placeholder={t`none`}
              onChange={(program) => onSieve({ hook: program })}
            />
          )}
        </Row>
      ) : (
        <Row label={<Trans>Program</Trans>} group hint={say(offers.hooks.why)}>
          {() => <p className="pd-2">{hook ?? t`none`}</p>}
        </Row>
      )}
    </>
  );
}
