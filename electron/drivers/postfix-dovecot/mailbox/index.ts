import type { Machine } from '#remote/machine.ts';
import { type Text, text } from '#shared/model/text.ts';
import { Failure } from '#shared/model/failure.ts';
import type { MailVerbs, MasterMail } from '../../mail.ts';
import { authDbs, type ConfSection } from '../accounts/config.ts';
import { type ImapDoor, openAs } from './imap.ts';
import { imapVerbs } from './imap-verbs.ts';
import { openMail } from './open.ts';
import { pageOf } from './page.ts';

/** Looking into mailboxes over SSH, as root through doveadm. */
export const mailVerbs = (machine: Machine): MailVerbs => ({
  by: 'doveadm fetch',
  page: (place, asked, signal) => pageOf(machine, place, asked, signal),
  open: (place, signal) => openMail(machine, place, signal),
});

/** Looking into mailboxes over IMAP, as Dovecot's master user. */
export function masterMail(machine: Machine, dovecot: (signal: AbortSignal) => Promise<ConfSection>): MasterMail {
  const door = async (signal: AbortSignal): Promise<ImapDoor> => {
    const found = imapDoor(await dovecot(signal));
    if ('why' in found) throw new Failure('UNSUPPORTED', found.why);
    return found;
  };
  return {
    offered: async (signal) => {
      const found = imapDoor(await dovecot(signal));
      return 'why' in found ? { offered: false, why: found.why } : { offered: true, separator: found.separator };
    },
    check: async (master, login, signal) => {
      const client = await openAs(machine, await door(signal), login, master, signal);
      await client.logout().catch(() => {});
      client.close();
    },
    verbs: (master) => imapVerbs(machine, door, master),
  };
}

/** Pure: what `doveconf -n` says of logging in as somebody else, and where IMAP listens. */
export function imapDoor(dovecot: ConfSection): ImapDoor | { why: Text } {
  const separator = dovecot.values.get('auth_master_user_separator') ?? '';
  const masters = authDbs(dovecot, 'passdb').some(({ master }) => master);
  if (!masters || separator.length !== 1) {
    return {
      why: text(
        /*i18n*/ {
          id: 'mailbox.no-master',
          message: 'Dovecot has no master users here (auth_master_user_separator, and a passdb with master = yes)',
        },
      ),
    };
  }
  const listeners = dovecot.sections
    .filter(({ kind, name }) => kind === 'service' && name === 'imap-login')
    .flatMap(({ sections }) => sections);
  // without a section of its own a listener has the port of its name
  const portOf = (name: string, usual: number): number => {
    const found = listeners.find((each) => each.kind === 'inet_listener' && each.name === name);
    return found === undefined ? usual : Number(found.values.get('port') ?? usual);
  };
  const [plain, tls] = [portOf('imap', 143), portOf('imaps', 993)];
  if (plain > 0) return { port: plain, tls: false, separator };
  if (tls > 0) return { port: tls, tls: true, separator };
  return {
    why: text(
      /*i18n*/ { id: 'mailbox.no-imap', message: 'Dovecot does not listen for IMAP here (service imap-login)' },
    ),
  };
}
