import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { checkAccounts, checkAliases, exportCsv, harmless, readCsv } from '#core/accounts/csv.ts';
import type { DirectoryListing } from '#drivers/accounts.ts';
import type { Account } from '#shared/model/account.ts';

const account = (address: string, more: Partial<Account> = {}): Account => ({
  address,
  login: address,
  domain: address.slice(address.lastIndexOf('@') + 1),
  name: null,
  backend: 'passwd-file',
  quota: null,
  used: null,
  messages: null,
  share: null,
  lastLogin: null,
  blocks: { login: false, sending: false, receiving: false },
  blocked: false,
  expires: null,
  expired: false,
  home: null,
  ...more,
});

const listing: DirectoryListing = {
  accounts: [account('alice@alpha.test', { name: '=HYPERLINK("http://evil.test","x")' })],
  aliases: [],
  domains: [
    {
      domain: 'alpha.test',
      active: true,
      accounts: 1,
      blocked: 0,
      aliases: 0,
      localAliases: 0,
      used: null,
      dkim: [],
      aliasOf: null,
      outgoing: null,
      source: 'x',
      editable: true,
    },
  ],
  outgoing: { addresses: [], default: null },
  domainAbilities: { add: true, alias: true, outgoing: true, outgoingDefault: true, why: [] },
  abilities: null,
  notes: [],
};

const judged = (csv: string, generate = false) => {
  const { rows, problems } = checkAccounts(readCsv(csv), {}, listing, generate);
  return { rows, problems: problems.map(({ line, problem }) => [line, problem.id]) };
};

describe('import of accounts', () => {
  test('reads what spreadsheets write: semicolons, a byte order mark, CRLF, quotes with line ends', () => {
    const table = readCsv('\uFEFFAddress;Password;Name\r\nbob@alpha.test;"p;w""1";"Bob; B"\r\n');
    expect(table.header).toEqual(['Address', 'Password', 'Name']);
    expect(checkAccounts(table, {}, listing, false).rows).toEqual([
      { address: 'bob@alpha.test', name: 'Bob; B', quota: null, expires: null, password: 'p;w"1' },
    ]);
  });

  test('every bad row is told with its line, before anything is written', () => {
    const csv = [
      'address,password,quota,name,expires',
      'bob@alpha.test,pw,2G,Bob,2027-01-31',
      'bob@alpha.test,pw,,,',
      'alice@alpha.test,pw,,,',
      'x@elsewhere.test,pw,,,',
      'аlice@alpha.test,pw,,,',
      `${'a'.repeat(65)}@alpha.test,pw,,,`,
      'a@alpha.test,,,,',
      'b@alpha.test,pw,2GG,,',
      'c@alpha.test,pw,,evil\u202ename,',
      'd@alpha.test,pw,,,2027-02-30',
      'e@alpha.test,"a\nb",,,',
    ].join('\n');
    expect(judged(csv).problems).toEqual([
      [3, 'csv.twice'],
      [4, 'csv.exists'],
      [5, 'accounts.domain-unknown'],
      [6, 'address.local.foreign'],
      [7, 'address.local.long'],
      [8, 'password.empty'],
      [9, 'quota.bad'],
      [10, 'display-name.control'],
      [11, 'date.bad'],
      [13, 'password.line'],
    ]);
  });

  test('shell and SQL metacharacters in a password are taken exactly', () => {
    const password = `'; DROP TABLE mailbox;-- $(id) \`x\` \\ "`;
    const { rows } = judged(`address,password\nbob@alpha.test,"${password.replaceAll('"', '""')}"\n`);
    expect(rows[0]?.password).toBe(password);
  });

  test('a bad password is never repeated in its problem', () => {
    const { problems } = checkAccounts(
      readCsv(`address,password\nbob@alpha.test,${'s3cret'.repeat(20)}\n`),
      {},
      listing,
      false,
    );
    expect(JSON.stringify(problems)).not.toContain('s3cret');
    expect(problems).toHaveLength(1);
  });

  test('made passwords are asked for by rows that have none', () => {
    expect(judged('address\nbob@alpha.test\n', true).rows[0]?.password).toBeNull();
    expect(() => readAndCheck('address\nbob@alpha.test\n')).toThrow('The file has no column');
  });

  test('columns may have other names; a file that is not CSV is refused with its line', () => {
    const rows = checkAccounts(
      readCsv('E-Mail,PW\nbob@alpha.test,x\n'),
      { address: 'e-mail', password: 'PW' },
      listing,
      false,
    ).rows;
    expect(rows).toHaveLength(1);
    expect(() => readCsv('a,b\n"x')).toThrow('RFC 4180');
    expect(() => readCsv('a,b\n1,2,3\n')).toThrow('RFC 4180');
  });

  test('10,001 rows are judged; 20,001 are too many', () => {
    const many = (n: number): string =>
      `address,password\n${Array.from({ length: n }, (_, i) => `u${i}@alpha.test,pw${i}`).join('\n')}\n`;
    expect(judged(many(10_001)).rows).toHaveLength(10_001);
    expect(() => judged(many(20_001))).toThrow('at most');
  });

  const readAndCheck = (csv: string) => checkAccounts(readCsv(csv), {}, listing, false);
});

test('import of aliases: several receivers, catch-alls, duplicates and nowhere', () => {
  const csv =
    'alias,targets\nteam@alpha.test,"alice@alpha.test, x@sink.test"\n@alpha.test,alice@alpha.test\nteam@alpha.test,a@b.test\nnone@alpha.test,\nbad@alpha.test,not-an-address\n';
  const { rows, problems } = checkAliases(readCsv(csv), {}, listing);
  expect(rows.slice(0, 2)).toEqual([
    { name: 'team@alpha.test', targets: ['alice@alpha.test', 'x@sink.test'] },
    { name: '@alpha.test', targets: ['alice@alpha.test'] },
  ]);
  expect(problems.map(({ line, problem }) => [line, problem.id])).toEqual([
    [4, 'csv.twice'],
    [5, 'csv.no-targets'],
    [6, 'address.no-at'],
  ]);
});

test('an export holds no cell that a spreadsheet would run, and no password', () => {
  const { csv } = exportCsv(listing, 'accounts');
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  expect(rows[0]?.name).toBe(`'=HYPERLINK("http://evil.test","x")`);
  expect(Object.keys(rows[0] ?? {})).not.toContain('password');
  for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) expect(harmless(cell)).toBe(`'${cell}`);
  expect(harmless('plain')).toBe('plain');
});
