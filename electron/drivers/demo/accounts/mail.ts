/** Invented mail of the demo's accounts: the same for an address on every computer, made as it is looked at. */
import { Readable } from 'node:stream';
import { Failure } from '#shared/model/failure.ts';
import type { MailFolder, MailItem, MailPage } from '#shared/model/mailbox.ts';
import { text } from '#shared/model/text.ts';
import type { MailVerbs } from '../../mail.ts';
import { pick, randomFrom } from '../random.ts';
import { ORDINARY } from '../story.ts';
import type { DemoEntries } from './entries.ts';

/** Messages of an account that can be looked at; the list of accounts may count more. */
const SHOWN = 240;
const FOLDERS = [
  { name: 'INBOX', share: 0.6 },
  { name: 'Sent', share: 0.3 },
  { name: 'Junk', share: 0.1 },
] as const;

const numberOf = (word: string): number =>
  Buffer.from(word).reduce((sum, byte) => Math.imul(sum ^ byte, 16_777_619) >>> 0, 2_166_136_261);

function itemAt(mail: string, folder: string, uid: number, now: number): MailItem {
  const random = randomFrom(numberOf(`${mail} ${folder} ${uid}`));
  const from = pick(random, ORDINARY);
  const hours = (SHOWN - uid) * 7 + Math.floor(random() * 6);
  const hour = Math.floor(now / 3_600_000) - hours;
  const sent = folder === 'Sent';
  return {
    uid,
    received: new Date(hour * 3_600_000).toISOString(),
    from: sent ? mail : from.address === '' ? 'MAILER-DAEMON@demo.postdeck.example' : from.address,
    to: sent ? pick(random, ORDINARY).address || 'biuro@firma.example' : mail,
    subject: pick(random, from.subjects),
    size: 1_400 + Math.floor(random() ** 3 * 60_000),
    flags: sent || random() < 0.7 ? ['\\Seen'] : [],
  };
}

export function foldersOf(messages: number): MailFolder[] {
  return FOLDERS.map(({ name, share }) => {
    const count = Math.floor(Math.min(messages, SHOWN) * share);
    return { name, messages: count, unseen: name === 'Sent' ? 0 : Math.floor(count * 0.3), size: count * 9_300 };
  });
}

export function demoMail(entries: DemoEntries): MailVerbs {
  const at = ({ login, folder }: { login: string; folder: string }): { mail: string; count: number } => {
    const value = entries.all().get(`account:${login}`);
    const found =
      value?.kind === 'account' ? foldersOf(value.account.messages).find(({ name }) => name === folder) : undefined;
    if (value?.kind === 'account' && found) return { mail: value.account.mail, count: found.messages };
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'mailbox.no-folder', message: '{login} has no folder “{folder}”' }, { login, folder }),
    );
  };
  return {
    by: 'demo',
    page: (place, asked): Promise<MailPage> => {
      const { mail, count } = at(place);
      const needle = asked.text.trim().toLowerCase();
      const all = Array.from({ length: count }, (_, i) => itemAt(mail, place.folder, count - i, Date.now()));
      const found = all.filter(({ from, to, subject }) =>
        [from, to, subject].some((word) => word.toLowerCase().includes(needle)),
      );
      const items = found.slice(asked.offset, asked.offset + asked.count);
      return Promise.resolve({ folder: place.folder, total: count, matching: found.length, items });
    },
    open: (place) => {
      const { mail, count } = at(place);
      const { folder, uid } = place;
      if (uid > count) {
        throw new Failure(
          'NOT_FOUND',
          text(
            /*i18n*/ { id: 'mailbox.gone', message: 'Message {uid} is no longer in “{folder}”' },
            { uid: String(uid), folder },
          ),
        );
      }
      const item = itemAt(mail, folder, uid, Date.now());
      return Promise.resolve({ item, source: Readable.from([Buffer.from(sourceOf(item))]) });
    },
  };
}

function sourceOf({ from, to, subject, received, uid }: MailItem): string {
  const encoded = `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`;
  return [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${encoded}`,
    `Date: ${new Date(received).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${uid}.${Date.parse(received)}@demo.postdeck.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    subject,
    '',
    'This message is invented, like everything on the demo server.',
    '',
  ].join('\r\n');
}
