/** A schema of somebody's own: columns are read from the queries; what they do not tell of is not written. */
import { describe, expect, test } from 'vitest';
import { abilitiesOf } from '#drivers/postfix-dovecot/accounts/abilities.ts';
import { directoryOf } from '#drivers/postfix-dovecot/accounts/directory.ts';
import { interpretLayout } from '#drivers/postfix-dovecot/accounts/layout.ts';
import { planAccounts } from '#drivers/postfix-dovecot/accounts/plan-accounts.ts';
import { type Column, type Snapshot, tableId } from '#drivers/postfix-dovecot/accounts/snapshot.ts';

const DOVECONF = `passdb {
  args = /etc/dovecot/sql.conf
  driver = sql
}
userdb {
  args = /etc/dovecot/sql.conf
  driver = sql
}
`;
const CONF = (passwords: string): string => `driver = mysql
connect = host=/run/mysqld/mysqld.sock dbname=mail user=dovecot password=-
password_query = ${passwords}
user_query = SELECT home, uid, gid, concat('*:bytes=', max_bytes) AS quota_rule FROM people WHERE email = '%u' AND enabled = 'y'
`;
const PLAIN = "SELECT pw AS password FROM people WHERE email='%u' AND enabled='y'";
const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  nullable: false,
  hasDefault: true,
  length: null,
  primary: false,
  type: 'varchar',
  ...more,
});

function snapshotOf(passwords: string, columns: Column[]): Snapshot {
  const layout = interpretLayout(
    new Map([
      [
        'postconf',
        'myhostname = m.test\nmyorigin = m.test\nmydestination = m.test\nvirtual_mailbox_domains = a.test\n',
      ],
      ['doveconf', DOVECONF],
      ['defaults', '\n500\n0\n\n\n\n'],
      ['conf:/etc/dovecot/sql.conf', CONF(passwords)],
    ]),
  );
  const place = layout.accounts?.kind === 'sql' ? layout.accounts.accounts.place : null;
  const row = {
    email: 'ann@a.test',
    pw: '{BLF-CRYPT}$2y$05$x',
    enabled: 'y',
    home: '/srv/mail/ann',
    max_bytes: '1000',
    dept: '7',
  };
  return {
    layout,
    files: new Map(),
    tables: new Map(place ? [[tableId(place, 'people'), { columns, rows: [row] }]] : []),
    usage: new Map(),
    lastLogins: new Map(),
    addresses: [],
    job: { scheduler: null, job: null },
    dkim: [],
    passwd: '',
    shadow: '',
  };
}

const contextOf = (snapshot: Snapshot) => ({
  snapshot,
  directory: directoryOf(snapshot, '2026-11-22'),
  hashes: new Map([['ann@a.test', '{BLF-CRYPT}$2y$05$new']]),
  today: '2026-11-22',
  stamp: 'c',
});
const KNOWN = ['email', 'pw', 'enabled', 'home', 'max_bytes'].map((name) => column(name));
const ann = { by: 'addresses' as const, addresses: ['ann@a.test'] };

describe('a schema of one’s own', () => {
  test('is listed, and its known columns are written', () => {
    const snapshot = snapshotOf(PLAIN, KNOWN);
    expect(directoryOf(snapshot, '2026-11-22').accounts[0]).toMatchObject({
      address: 'ann@a.test',
      quota: 1000,
      home: '/srv/mail/ann',
      blocked: false,
    });
    const { writes } = planAccounts(
      { kind: 'accounts.edit', serverId: 's', target: ann, quota: 2000, secretId: 'x' },
      contextOf(snapshot),
    );
    expect(writes.rows[0]).toMatchObject({
      table: 'people',
      key: { column: 'email', value: 'ann@a.test' },
      before: { pw: '{BLF-CRYPT}$2y$05$x', max_bytes: '1000' },
      after: { pw: '{BLF-CRYPT}$2y$05$new', max_bytes: '2000' },
      stamps: { onAdd: [], onChange: [] },
    });
  });

  test('receiving is blocked by the row’s own switch, in its own words', () => {
    const request = { kind: 'accounts.block' as const, serverId: 's', target: ann, sending: false, receiving: true };
    const { writes } = planAccounts(request, contextOf(snapshotOf(PLAIN, KNOWN)));
    expect(writes.rows[0]?.after).toEqual({ pw: '{BLF-CRYPT}!$2y$05$x', enabled: 'n' });
  });

  test('a column that must have a value nobody tells of keeps accounts from being added, with the reason', () => {
    const snapshot = snapshotOf(PLAIN, [...KNOWN, column('dept', { hasDefault: false })]);
    const able = abilitiesOf(snapshot);
    expect([able?.add, able?.password, able?.name]).toEqual([false, true, false]);
    expect(able?.why.map((why) => why.values.columns)).toContain('dept');
    const add = {
      kind: 'accounts.add' as const,
      serverId: 's',
      accounts: [{ address: 'b@a.test', name: null, quota: null, expires: null }],
      secretId: 'x',
    };
    expect(() => planAccounts(add, contextOf(snapshot))).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(() =>
      planAccounts({ kind: 'accounts.edit', serverId: 's', target: ann, name: 'Ann' }, contextOf(snapshot)),
    ).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  test('a query that joins is for nobody to write, and says so', () => {
    const { layout } = snapshotOf(
      "SELECT p.pw AS password FROM people p JOIN depts d ON d.id = p.dept WHERE p.email = '%u'",
      KNOWN,
    );
    expect(layout.accounts).toBeNull();
    expect(layout.why.map((why) => why.id)).toEqual(['accounts.layout.query']);
  });
});
