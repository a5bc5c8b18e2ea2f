/** Looking into users' mail: found by address, asked from the server, journalled, and only then handed out. */
import { z } from 'zod';
import type { MailVerbs, Master } from '#drivers/mail.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { Looks } from '../changes/looks.ts';
import { base64Chunks } from '../door/base64.ts';
import type { Credits } from '../door/credit.ts';
import type { Edge } from '../door/edge.ts';
import { openSource } from '../queue/message.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Sessions } from '../servers/sessions.ts';
import { accountVerbs, type Listings } from './listings.ts';

export interface MailboxServices {
  sessions: Sessions;
  listings: Listings;
  credits: Credits;
  looks: Looks;
  secrets: Pick<Secrets, 'get' | 'set' | 'forgetOne'>;
  /** Throws NOT_FOUND. */
  profile: (server: string) => ServerProfile;
}

/** Seconds for which a list of accounts tells the login of an address; an address that is not in it is asked for anew. */
const LOGIN_AGE = 3600;
const never = (): AbortSignal => new AbortController().signal;

/** As it is kept. */
const KeptMaster = z.object({ user: z.string(), password: z.string() });
const nameOf = (serverId: string) => ({ serverId, kind: 'imap-master' as const, hop: null });

export function mailboxHandlers(os: Edge, services: MailboxServices) {
  const { sessions, listings, credits, looks, secrets, profile } = services;
  /** null: none, or in the locked vault. Then doveadm does as well. */
  const masterOf = async (serverId: string): Promise<Master | null> => {
    const kept = await secrets.get(nameOf(serverId)).catch((error: unknown) => {
      if (isFailure(error, 'VAULT_LOCKED')) return null;
      throw error;
    });
    return kept === null ? null : KeptMaster.parse(JSON.parse(kept));
  };
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
  const verbsOf = async (serverId: string, signal: AbortSignal) =>
    accountVerbs(await sessions.sessionFor(serverId, signal));
  /** Looks by way of the master user where there is one and it gets in, else by the server's own means. */
  const look = async <T>(
    asked: { serverId: string; address: string },
    signal: AbortSignal,
    read: (mail: MailVerbs, login: string) => Promise<T>,
  ): Promise<{ server: ServerProfile; by: string; found: T }> => {
    const server = profile(asked.serverId);
    const { mail, masterMail } = await verbsOf(server.id, signal);
    if (mail === undefined) throw notReadable();
    const login = await loginOf(server.id, asked.address, signal);
    const master = masterMail === undefined ? null : await masterOf(server.id);
    if (masterMail !== undefined && master !== null) {
      const imap = masterMail.verbs(master);
      try {
        return { server, by: imap.by, found: await read(imap, login) };
      } catch (error) {
        // a blocked account, a server that forwards nothing: the other way is open
        if (!isFailure(error, 'CONNECT_FAILED') && !isFailure(error, 'UNSUPPORTED')) throw error;
      }
    }
    return { server, by: mail.by, found: await read(mail, login) };
  };
  return {
    way: os.mailboxes.way.handler(async ({ input, signal = never() }) => {
      const { id } = profile(input.serverId);
      const { masterMail } = await verbsOf(id, signal);
      const offered = masterMail === undefined ? null : await masterMail.offered(signal);
      if (offered?.offered !== true) return { by: 'doveadm', user: null, why: offered?.why ?? noMasters() };
      const master = await masterOf(id);
      return { by: master === null ? 'doveadm' : 'imap', user: master?.user ?? null, why: null };
    }),
    setMaster: os.mailboxes.setMaster.handler(async ({ input, signal = never() }) => {
      const { address, user, password, keep } = input;
      const { id } = profile(input.serverId);
      const { masterMail } = await verbsOf(id, signal);
      const offered = masterMail === undefined ? null : await masterMail.offered(signal);
      if (masterMail === undefined || offered?.offered !== true) {
        throw new Failure('UNSUPPORTED', offered?.offered === false ? offered.why : noMasters());
      }
      await masterMail.check({ user, password }, await loginOf(id, address, signal), signal);
      return { kept: await secrets.set(nameOf(id), JSON.stringify({ user, password }), keep) };
    }),
    forgetMaster: os.mailboxes.forgetMaster.handler(async ({ input }) => ({
      forgotten: await secrets.forgetOne(nameOf(profile(input.serverId).id)),
    })),
    messages: os.mailboxes.messages.handler(async ({ input, signal = never() }) => {
      const { address, folder, text: fragment, offset, count } = input;
      const { server, by, found } = await look(input, signal, (mail, login) =>
        mail.page({ login, folder }, { text: fragment, offset, count }, signal),
      );
      looks.note(server, [address, folder], lookedAtFolder(address, folder, by));
      return found;
    }),
    message: os.mailboxes.message.handler(async ({ input, signal = never() }) => {
      const { address, folder, uid } = input;
      const { server, by, found } = await look(input, signal, (mail, login) =>
        mail.open({ login, folder, uid }, signal),
      );
      const { item, source } = found;
      const content = await openSource(source, item.size, signal);
      looks.note(server, [address, folder, String(uid)], lookedAtMessage(address, folder, uid, by));
      return { item, mail: content };
    }),
    source: os.mailboxes.source.handler(({ input, signal }) =>
      credits.stream(async function* (stop) {
        const { address, folder, uid } = input;
        const { server, by, found } = await look(input, stop, (mail, login) => mail.open({ login, folder, uid }, stop));
        const { source } = found;
        try {
          looks.note(server, [address, folder, String(uid)], lookedAtMessage(address, folder, uid, by));
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

const noMasters = (): Text =>
  text(/*i18n*/ { id: 'mailbox.no-masters', message: 'Nobody can log in as another user on this server' });
