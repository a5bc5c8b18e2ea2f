/** A user's scripts, folders and sessions, read in one remote command; and the write that puts our script in place. */
import type { Machine } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import type { MailFolder, MailSession, SieveOffers, SieveScript } from '#shared/model/mailbox.ts';
import { NO_SIEVE, type SieveSettings } from '#shared/model/sieve.ts';
import { type Text, text } from '#shared/model/text.ts';
import { FRAME_SH, parseFrames, utf8 } from '../accounts/frames.ts';
import type { SieveWrite } from '../accounts/writes.ts';
import { generateSieve, SCRIPT_NAME } from './generate.ts';
import { lineOf, rootScript, runScript } from '../root-script.ts';
import { parseOwnSieve } from './parse.ts';

/** Reads the login. Names of scripts are the user's own choice, hence one argument each, behind `--`. */
export const USER = rootScript(
  'postdeck-accounts-user',
  ['accounts.read'],
  `${FRAME_SH}
IFS= read -r u || exit 64
exec < /dev/null
s list doveadm sieve list -u "$u"
doveadm sieve list -u "$u" 2>/dev/null | sed 's/ ACTIVE$//' | head -n 50 | while IFS= read -r n; do
  s "script:$(printf %s "$n" | base64 -w0)" doveadm sieve get -u "$u" -- "$n" < /dev/null
done
s folders doveadm -f tab mailbox status -u "$u" 'messages unseen vsize' '*'
s who doveadm -f tab who -- "$u"
exit 0
`,
);

export interface UserState {
  scripts: SieveScript[];
  active: string | null;
  folders: MailFolder[];
  sessions: MailSession[];
}

export async function readUser(machine: Machine, login: string, signal: AbortSignal): Promise<UserState> {
  const { stdout } = await runScript(machine, USER, {
    name: 'read a user’s rules and folders',
    reads: true,
    data: lineOf(login),
    maxOutput: 32 * 1024 * 1024,
    signal,
  });
  const frames = parseFrames(stdout);
  const lines = (utf8(frames.get('list') ?? '').match(/[^\n]+/g) ?? []).slice(0, 50);
  const active = lines.find((line) => line.endsWith(' ACTIVE'))?.replace(/ ACTIVE$/, '') ?? null;
  const scripts = lines.map((line): SieveScript => {
    const name = line.replace(/ ACTIVE$/, '');
    const output = utf8(frames.get(`script:${Buffer.from(name, 'utf8').toString('base64')}`) ?? '');
    const content = output.replace(/^sieve script:\n/, '');
    // doveadm's pager puts a title before the text, and in some versions ends it with a line end of its own
    const body = content.endsWith('\n\n') && parseOwnSieve(content.slice(0, -1)).own ? content.slice(0, -1) : content;
    return { name, active: name === active, own: name === SCRIPT_NAME && parseOwnSieve(body).own, text: body };
  });
  return {
    scripts,
    active,
    folders: parseFolders(utf8(frames.get('folders') ?? '')),
    sessions: parseWho(utf8(frames.get('who') ?? ''), login),
  };
}

function tabRows(output: string): Record<string, string>[] {
  const [head = '', ...lines] = output.split('\n').filter((line) => line !== '');
  const names = head.split('\t').map((name) => name.toLowerCase());
  return lines.map((line) => Object.fromEntries(line.split('\t').map((field, i) => [names[i] ?? '', field])));
}

export function parseFolders(output: string): MailFolder[] {
  return tabRows(output).map((row) => ({
    name: row.mailbox ?? '',
    messages: Number(row.messages ?? 0),
    unseen: Number(row.unseen ?? 0),
    size: row.vsize === undefined || row.vsize === '' ? null : Number(row.vsize),
  }));
}

export function parseWho(output: string, login: string): MailSession[] {
  return tabRows(output)
    .filter((row) => row.username === login)
    .map((row) => ({
      service: row.service ?? row.proto ?? '',
      ips: (row.ips ?? '')
        .replace(/[()]/g, '')
        .split(/[\s,]+/)
        .filter((ip) => ip !== ''),
      connections: Number(row.connections ?? row['#'] ?? 1),
    }));
}

/** Our script as settings; a script changed by hand is not read. */
export function settingsOf(state: UserState): {
  settings: SieveSettings;
  previous: string | null;
  changedByHand: boolean;
} {
  const own = state.scripts.find((script) => script.name === SCRIPT_NAME);
  if (!own) return { settings: NO_SIEVE, previous: state.active, changedByHand: false };
  const parsed = parseOwnSieve(own.text);
  return parsed.own
    ? { settings: parsed.settings, previous: parsed.previous, changedByHand: false }
    : { settings: NO_SIEVE, previous: null, changedByHand: true };
}

/** The write that gives a user these settings. Refuses where our script was changed by hand, and what this server does not offer. */
export function sieveWrite(login: string, state: UserState, settings: SieveSettings, offers: SieveOffers): SieveWrite {
  checkOffers(settings, offers);
  const current = settingsOf(state);
  if (current.changedByHand) {
    throw new Failure(
      'UNSAFE',
      text(
        /*i18n*/ {
          id: 'sieve.by-hand',
          message: 'The script “{script}” of {login} was changed by hand and is left as it is',
        },
        { script: SCRIPT_NAME, login },
      ),
      {
        hint: text(
          /*i18n*/ {
            id: 'sieve.by-hand.hint',
            message: 'Delete or rename that script on the server, then set the rules again.',
          },
        ),
      },
    );
  }
  // a script that became active after ours was made is the one that counts now
  const previous = state.active !== null && state.active !== SCRIPT_NAME ? state.active : current.previous;
  const before = state.scripts.find((script) => script.name === SCRIPT_NAME)?.text ?? null;
  const none = JSON.stringify(settings) === JSON.stringify(NO_SIEVE);
  const after = none
    ? { active: previous, script: null }
    : { active: SCRIPT_NAME, script: generateSieve(settings, previous) };
  return { login, before: { active: state.active, script: before }, after };
}

/** A script that Dovecot would refuse, or that would wait for a mark nobody writes, is not planned. */
function checkOffers({ spam, notify, hook }: SieveSettings, offers: SieveOffers): void {
  const refuse = (why: Text): never => {
    throw new Failure('UNSUPPORTED', why);
  };
  if (spam !== null && !offers.spam.available) refuse(offers.spam.why);
  if (notify !== null && !offers.notify.available) refuse(offers.notify.why);
  if (hook === null) return;
  if (!offers.hooks.available) return refuse(offers.hooks.why);
  if (offers.hooks.programs.includes(hook)) return;
  const { folder } = offers.hooks;
  refuse(
    text(/*i18n*/ { id: 'sieve.no-program', message: 'There is no program {hook} in {folder}' }, { hook, folder }),
  );
}
