/** Looking into users' mail: found by address, asked from the server, journalled, and only then handed out. */
import type { MailVerbs } from '#drivers/mail.ts';
import { Failure } from '#shared/model/failure.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { Looks } from '../changes/looks.ts';
import { base64Chunks } from '../door/base64.ts';
import type { Credits } from '../door/credit.ts';
import type { Edge } from '../door/edge.ts';
import { openSource } from '../queue/message.ts';
import type { Sessions } from '../servers/sessions.ts';
import { accountVerbs, type Listings } from './listings.ts';

export interface MailboxServices {
  sessions: Sessions;
  listings: Listings;
  credits: Credits;
  looks: Looks;
  /** Throws NOT_FOUND. */
  profile: (server: string) => ServerProfile;
}

/** Seconds for which a list of accounts tells the login of an address; an address that is not in it is asked for anew. */
const LOGIN_AGE = 3600;
const never = (): AbortSignal => new AbortController().signal;

export function mailboxHandlers(os: Edge, { sessions, listings, credits, looks, profile }: MailboxServices) {
  const loginOf = async (serverId: string, address: string, signal: AbortSignal): Promise<string> => {
    const wanted = address.trim().toLowerCase();
    for (const maxAge of [LOGIN_AGE, 0]) {
      const { listing } = await listings.read(serverId, { usage: false, maxAge }, signal);
      const account = listing.accounts.find((each) => each.address === wanted);
      if (account) return account.login;
    }
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'accounts.no-such', message: 'There is no account {address}' }, { address }),
    );
  };
  const at = async (
    asked: { serverId: string; address: string },
    signal: AbortSignal,
  ): Promise<{ server: ServerProfile; mail: MailVerbs; login: string }> => {
    const server = profile(asked.serverId);
    const { mail } = accountVerbs(await sessions.sessionFor(server.id, signal));
    if (mail === undefined) throw notReadable();
    return { server, mail, login: await loginOf(server.id, asked.address, signal) };
  };
  return {
    messages: os.mailboxes.messages.handler(async ({ input, signal = never() }) => {
      const { address, folder, text: fragment, offset, count } = input;
      const { server, mail, login } = await at(input, signal);
      const page = await mail.page({ login, folder }, { text: fragment, offset, count }, signal);
      looks.note(server, [address, folder], lookedAtFolder(address, folder, mail.by));
      return page;
    }),
    message: os.mailboxes.message.handler(async ({ input, signal = never() }) => {
      const { address, folder, uid } = input;
      const { server, mail, login } = await at(input, signal);
      const { item, source } = await mail.open({ login, folder, uid }, signal);
      const content = await openSource(source, item.size, signal);
      looks.note(server, [address, folder, String(uid)], lookedAtMessage(address, folder, uid, mail.by));
      return { item, mail: content };
    }),
    source: os.mailboxes.source.handler(({ input, signal }) =>
      credits.stream(async function* (stop) {
        const { address, folder, uid } = input;
        const { server, mail, login } = await at(input, stop);
        const { source } = await mail.open({ login, folder, uid }, stop);
        try {
          looks.note(server, [address, folder, String(uid)], lookedAtMessage(address, folder, uid, mail.by));
          yield* base64Chunks(source, stop);
        } finally {
          source.destroy();
        }
      }, signal),
    ),
  };
}

const lookedAtFolder = (address: string, folder: string, by: string): Text =>
  text(
    /*i18n*/ { id: 'mailbox.looked.folder', message: 'Looked into folder {folder} of {address} ({by})' },
    { folder, address, by },
  );

const lookedAtMessage = (address: string, folder: string, uid: number, by: string): Text =>
  text(
    /*i18n*/ { id: 'mailbox.looked.message', message: 'Read message {uid} in folder {folder} of {address} ({by})' },
    { uid: String(uid), folder, address, by },
  );

const notReadable = (): Failure =>
  new Failure(
    'UNSUPPORTED',
    text(/*i18n*/ { id: 'mailbox.not-readable', message: 'Messages of this server cannot be looked at from here' }),
  );
