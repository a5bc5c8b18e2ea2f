import { z } from 'zod';
import { Account, AccountAbilities, AccountFilter, AccountSort, MAX_BULK } from '../model/account.ts';
import { Alias, AliasFilter, RouteStep } from '../model/alias.ts';
import { DomainAbilities, MailDomain, Outgoing } from '../model/domain.ts';
import { Mailbox } from '../model/mailbox.ts';
import { Text } from '../model/text.ts';
import { failures, ON_SERVER } from './errors.ts';
import { reads, writes } from './method.ts';

const onServer = z.object({
  serverId: z.string(),
  /** Take a reading not older than this many seconds instead of a new one. */
  maxAge: z.number().nonnegative().default(0),
});
const page = {
  offset: z.number().int().nonnegative().default(0),
  count: z.number().int().min(0).max(100_000).default(200),
};

/** A row of an import that cannot be taken, and why. */
export const RowProblem = z.object({ line: z.number().int(), value: z.string(), problem: Text });
export type RowProblem = z.infer<typeof RowProblem>;

/** Which column holds what; by header name. */
export const ColumnMap = z.record(z.string().max(40), z.string().max(200));
export type ColumnMap = z.infer<typeof ColumnMap>;

/** Bytes of a CSV: 10,000 rows are about 1 MB. */
export const MAX_CSV = 16 * 1024 * 1024;

export const accounts = {
  /** A window of the accounts: filtered and sorted behind the page. count 0: all. */
  list: reads
    .errors(failures(...ON_SERVER))
    .input(
      onServer.extend({
        filter: AccountFilter.default({}),
        sort: AccountSort.default({ field: 'address', descending: false }),
        /** Ask for used space, which opens every mailbox's index. */
        usage: z.boolean().default(true),
        ...page,
      }),
    )
    .output(
      z.object({
        readAt: z.string(),
        total: z.number().int(),
        blocked: z.number().int(),
        matching: z.number().int(),
        accounts: z.array(Account),
        abilities: AccountAbilities.nullable(),
        notes: z.array(Text),
      }),
    ),
  /** One account as its user has it: rules, folders, sessions. */
  show: reads
    .errors(failures(...ON_SERVER))
    .input(z.object({ serverId: z.string(), address: z.string().max(254) }))
    .output(Mailbox),
  /**
   * Hands over passwords, or has them made, for a change that is to be planned. They stay in this console's memory, for
   * an hour at most, under the id that the request names.
   */
  prepare: writes
    .errors(failures())
    .input(
      z.object({
        entries: z
          .array(
            z.object({
              address: z.string().max(254),
              /** null: make a random one. */
              password: z.string().max(1024).nullable(),
            }),
          )
          .min(1)
          .max(MAX_BULK),
      }),
    )
    .output(z.object({ secretId: z.string(), generated: z.number().int() })),
  /** The passwords that were made here, once: they are forgotten as they are told. */
  generated: writes
    .errors(failures('NOT_FOUND'))
    .input(z.object({ secretId: z.string() }))
    .output(z.array(z.object({ address: z.string(), password: z.string() }))),
  /**
   * Judges every row of a CSV against the server as it is, and writes nothing. Where all rows are good, `ready` is what
   * a change request takes.
   */
  checkImport: writes
    .errors(failures(...ON_SERVER))
    .input(
      z.object({
        serverId: z.string(),
        what: z.enum(['accounts', 'aliases']),
        csv: z.string().max(MAX_CSV),
        /** Our column names (address, password, name, quota, expires; alias, targets) to the file's; absent: same names. */
        columns: ColumnMap.default({}),
        /** Make a password where a row has none. */
        generate: z.boolean().default(false),
      }),
    )
    .output(
      z.object({
        header: z.array(z.string()),
        rows: z.number().int(),
        problems: z.array(RowProblem),
        problemsTotal: z.number().int(),
        accounts: z.array(
          z.object({
            address: z.string(),
            name: z.string().nullable(),
            quota: z.number().nullable(),
            expires: z.string().nullable(),
          }),
        ),
        aliases: z.array(z.object({ name: z.string(), targets: z.array(z.string()) })),
        secretId: z.string().nullable(),
        generated: z.number().int(),
      }),
    ),
  /** Everything as CSV (RFC 4180), cells that a spreadsheet would run as a formula made harmless. Never a password. */
  export: reads
    .errors(failures(...ON_SERVER))
    .input(z.object({ serverId: z.string(), what: z.enum(['accounts', 'aliases', 'domains']) }))
    .output(z.object({ csv: z.string(), rows: z.number().int() })),
};

export const aliases = {
  list: reads
    .errors(failures(...ON_SERVER))
    .input(onServer.extend({ filter: AliasFilter.default({}), ...page }))
    .output(
      z.object({ readAt: z.string(), total: z.number().int(), matching: z.number().int(), aliases: z.array(Alias) }),
    ),
  /** Where mail to an address goes, asked from the server's tables: aliases, alias domains, rules, transports. */
  route: reads
    .errors(failures(...ON_SERVER))
    .input(
      z.object({
        serverId: z.string(),
        address: z.string().min(1).max(254),
        /** Envelope sender: the IP address that mail leaves from depends on it. Absent: a sender of no domain here. */
        from: z.string().max(254).optional(),
      }),
    )
    .output(z.array(RouteStep)),
};

export const domains = {
  list: reads
    .errors(failures(...ON_SERVER))
    .input(onServer)
    .output(
      z.object({
        readAt: z.string(),
        domains: z.array(MailDomain),
        outgoing: Outgoing,
        abilities: DomainAbilities,
      }),
    ),
};
