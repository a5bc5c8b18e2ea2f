import type { Command } from 'commander';
import type { MailWay } from '#shared/model/mailbox.ts';
import { text } from '#shared/model/text.ts';
import { askSecret, canAsk, readSecretLines } from './ask.ts';
import { EXIT, UsageFailure } from './exit.ts';
import { renderText } from './render-text.ts';
import { run } from './run.ts';
import { dryRun } from './server-parts.ts';

interface MasterOptions {
  as?: string;
  passwordStdin?: true;
  forget?: true;
}

/** `postdeck accounts master`: by whom mail is looked into. */
export function addMaster(accounts: Command): void {
  accounts
    .command('master [user]')
    .description(
      'how mail is looked into: through doveadm, or over IMAP as a master user of Dovecot; with USER sets it',
    )
    .option('--as <address>', 'an account to try the login with')
    .option('--password-stdin', 'its password is the first line of standard input')
    .option('--forget', 'look through doveadm again, and forget the password')
    .action((user: string | undefined, options: MasterOptions, command: Command) =>
      run(command, async (session) => {
        const { client, signal, out } = session;
        const server = await session.server();
        const { id: serverId } = server;
        if ((user !== undefined && options.forget === true) || (user === undefined) !== (options.as === undefined)) {
          throw expected();
        }
        if (options.forget === true) {
          if (await dryRun(session, 'accounts.master', server.name)) return EXIT.done;
          await out.one(await client.mailboxes.forgetMaster({ serverId }), ({ forgotten }) => [
            forgotten ? 'forgotten' : 'there was none',
          ]);
          return EXIT.done;
        }
        if (user !== undefined && options.as !== undefined) {
          if (options.passwordStdin !== true && !canAsk()) throw expected();
          const password =
            options.passwordStdin === true
              ? ((await readSecretLines(1))[0] ?? '')
              : await askSecret(`Password of the master user ${user}:`, signal);
          if (await dryRun(session, 'accounts.master', server.name)) return EXIT.done;
          await session.secrets.makeKeeper();
          const input = { serverId, address: options.as, user, password, keep: 'stored' as const };
          await session.onServer(server, () => client.mailboxes.setMaster(input, { signal }));
        }
        await out.one(await session.onServer(server, () => client.mailboxes.way({ serverId }, { signal })), wayLines);
        return EXIT.done;
      }),
    );
}

function wayLines({ by, user, why }: MailWay): string[] {
  return [
    by === 'imap' ? `over IMAP, as the master user ${user ?? ''}` : 'through doveadm',
    ...(why === null ? [] : [renderText(why)]),
  ];
}

const expected = (): UsageFailure =>
  new UsageFailure(
    text(
      /*i18n*/ {
        id: 'cli.master',
        message: 'Expected USER with --as ADDRESS and --password-stdin, or --forget, or nothing',
      },
    ),
  );
