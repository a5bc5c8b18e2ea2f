/** Events of scanners, milters and lists: rspamd, amavis, ClamAV, simscan, SpamAssassin, OpenDKIM, OpenDMARC, DNS lists. */
import { type Text, text } from '#shared/model/text.ts';
import { byPattern, type Found, QUOTED } from './event-rule.ts';

const filter = (what: Text): Found => ({ stage: 'filter', what });

const said = (engine: string, words: string): Found =>
  filter(
    text(/*i18n*/ { id: 'event.verdict', message: '{engine}: {words}' }, { engine, words: words.slice(0, QUOTED) }),
  );

export const filterRule = byPattern([
  [
    // (default: F (no action): [0.67/15.00] [SYMBOLS..]), and without a settings name since rspamd 3
    /rspamd_task_write_log: .*?\((?:[^():]*: [TFS] \()?([a-z ]+)\): \[(-?[\d.]+)\/(-?[\d.]+)\]/,
    (m) =>
      filter(
        text(
          /*i18n*/ { id: 'event.rspamd', message: 'rspamd: {action}, score {score} of {limit}' },
          { action: m[1] ?? '', score: Number(m[2]), limit: Number(m[3]) },
        ),
      ),
  ],
  [
    /^<\w+>; task; rspamd_message_parse: loaded message/,
    () => filter(text(/*i18n*/ { id: 'event.rspamd.read', message: 'rspamd reads the message' })),
  ],
  [
    /\b(Passed|Blocked) ([A-Z-]+(?: \([^)]*\))?)/,
    (m) =>
      filter(
        text(
          /*i18n*/ { id: 'event.amavis', message: 'Content filter: {verdict} {what}' },
          { verdict: m[1] ?? '', what: m[2] ?? '' },
        ),
      ),
  ],
  [
    /^Message .*\binfected by (\S.*)$/,
    (m) =>
      filter(
        text(/*i18n*/ { id: 'event.virus', message: 'ClamAV found {name}' }, { name: (m[1] ?? '').slice(0, QUOTED) }),
      ),
  ],
  [/^Clean message /, () => filter(text(/*i18n*/ { id: 'event.virus.none', message: 'ClamAV found nothing' }))],
  [/^simscan:\[\d+\]:([A-Z]+(?: [A-Z]+)?(?: \([^)]*\))?):[\d.]+s:/, (m) => said('simscan', m[1] ?? '')],
  [/^spamd: ((?:clean message|identified spam) \([^)]*\))/, (m) => said('SpamAssassin', m[1] ?? '')],
  [/^spamd: (result: \S+ +-?[\d.]+)/, (m) => said('SpamAssassin', m[1] ?? '')],
  [/^SA: Action: ([^:]*: score=\S+ required=\S+)/, (m) => said('SpamAssassin', m[1] ?? '')],
  [
    /^DKIM-Signature field added/,
    () => filter(text(/*i18n*/ { id: 'event.dkim.signed', message: 'Signed with DKIM' })),
  ],
  [
    /^DKIM verification successful/,
    () => filter(text(/*i18n*/ { id: 'event.dkim.good', message: 'Its DKIM signature is right' })),
  ],
  [/^no signature data/, () => filter(text(/*i18n*/ { id: 'event.dkim.none', message: 'It has no DKIM signature' }))],
  [
    /^(\S+) (pass|fail|none)\s*$/,
    (m) =>
      filter(
        text(
          /*i18n*/ { id: 'event.dmarc', message: 'DMARC of {domain}: {result}' },
          { domain: m[1] ?? '', result: m[2] ?? '' },
        ),
      ),
  ],
  [
    /^addr (\S+) listed by domain (\S+) as (\S+)/,
    (m) => ({
      stage: 'policy',
      what: text(
        /*i18n*/ { id: 'event.listed', message: '{list} lists {ip} ({answer})' },
        { list: m[2] ?? '', ip: m[1] ?? '', answer: m[3] ?? '' },
      ),
    }),
  ],
  [
    /\[([^\]]+)\] (?:Restore )?Ban (\S+)/,
    (m) => ({
      stage: 'refused',
      what: text(
        /*i18n*/ { id: 'event.ban', message: '{ip} was banned ({jail})' },
        { jail: m[1] ?? '', ip: m[2] ?? '' },
      ),
    }),
  ],
]);
