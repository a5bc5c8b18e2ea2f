import type { Account } from '#shared/model/account.ts';
import type { Mailbox } from '#shared/model/mailbox.ts';
import { renderText } from './render-text.ts';
import { facts } from './table.ts';
import { showSize } from './units.ts';
import { filterLines } from './user-filter.ts';

/** What is refused, in the order of the panel. */
export function stateWords({ blocks, blocked, expired }: Account): string {
  const parts = [blocks.login ? 'login' : '', blocks.sending ? 'sending' : '', blocks.receiving ? 'receiving' : ''];
  const state = blocked ? `blocked (${parts.filter(Boolean).join(', ')})` : 'active';
  return expired ? `${state}, expired` : state;
}

/** One account for a person: state, folders, sessions, rules. */
export function mailboxLines({ account, sieve, filters, folders, sessions }: Mailbox): string[] {
  const { quota, used, share } = account;
  return [
    ...facts([
      ['Address', account.address],
      ['Login', account.login],
      ['Name', account.name],
      ['State', stateWords(account)],
      [
        'Used',
        used === null
          ? null
          : `${showSize(used)}${quota === null ? '' : ` of ${showSize(quota)}`}${share === null ? '' : ` (${Math.round(share * 100)}%)`}`,
      ],
      ['Expires', account.expires],
      ['Home', account.home],
    ]),
    'Folders:',
    ...folders.map(
      (folder) =>
        `  ${folder.name}  ${folder.messages} messages, ${folder.unseen} unseen${folder.size === null ? '' : `, ${showSize(folder.size)}`}`,
    ),
    ...(sessions.length > 0 ? ['Sessions:'] : []),
    ...sessions.map((open) => `  ${open.service}  ${open.connections} from ${open.ips.join(', ')}`),
    ...filters.flatMap((filter) => [`${filter.name}:`, ...filterLines(filter).map((line) => `  ${line}`)]),
    ...(sieve.available ? ['Rules:', ...sieveLines(sieve)] : [`Rules: ${renderText(sieve.why)}`]),
  ];
}

function sieveLines(sieve: Extract<Mailbox['sieve'], { available: true }>): string[] {
  const { settings, scripts, previous, changedByHand } = sieve;
  if (changedByHand) return ['  the script was changed by hand and is left as it is'];
  return [
    ...(settings.forward
      ? [`  forward to ${settings.forward.to.join(', ')}${settings.forward.keep ? ', keeping a copy' : ''}`]
      : []),
    ...(settings.vacation
      ? [
          `  autoresponder ${settings.vacation.from ?? ''}..${settings.vacation.until ?? ''}: ${settings.vacation.subject}`,
        ]
      : []),
    ...(settings.spam
      ? [
          `  spam from a score of ${settings.spam.level}: ${settings.spam.folder === null ? 'thrown away' : `to ${settings.spam.folder}`}`,
        ]
      : []),
    ...(settings.allow.length > 0 ? [`  always let in: ${settings.allow.join(', ')}`] : []),
    ...(settings.deny.length > 0 ? [`  never let in: ${settings.deny.join(', ')}`] : []),
    ...(settings.notify === null ? [] : [`  notice of new mail to ${settings.notify}`]),
    ...(settings.hook === null ? [] : [`  new mail to the program ${settings.hook}`]),
    ...settings.rules.map((rule) => `  rule ${rule.name}${rule.enabled ? '' : ' (off)'}`),
    ...(previous === null ? [] : [`  then the user's own script ${previous}`]),
    ...scripts
      .filter((script) => !script.own)
      .map((script) => `  script ${script.name}${script.active ? ' (active)' : ''}`),
  ];
}
