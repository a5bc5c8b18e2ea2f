/** Plans made from a snapshot whose configuration is what postconf and doveconf of a lab host printed. */
import { describe, expect, test } from 'vitest';
import { directoryOf } from '#drivers/postfix-dovecot/accounts/directory.ts';
import { dkimDomains } from '#drivers/postfix-dovecot/accounts/dkim.ts';
import { interpretLayout } from '#drivers/postfix-dovecot/accounts/layout.ts';
import { asideOf, ownFolder } from '#drivers/postfix-dovecot/accounts/folders.ts';
import { planAccounts } from '#drivers/postfix-dovecot/accounts/plan-accounts.ts';
import { accountIndex } from '#drivers/postfix-dovecot/accounts/entries.ts';
import type { Snapshot } from '#drivers/postfix-dovecot/accounts/snapshot.ts';
import { parseLastLogins, parseUsage } from '#drivers/postfix-dovecot/accounts/snapshot.ts';
import { diffOf, invert } from '#drivers/postfix-dovecot/accounts/writes.ts';
import { literal, parseRows, transaction } from '#drivers/postfix-dovecot/sql/client.ts';
import { redirectsOf } from '#drivers/postfix-dovecot/accounts/route.ts';

const DOVECONF = `# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf
mail_location = maildir:~/Maildir
passdb {
  args = /etc/dovecot/deny-users
  deny = yes
  driver = passwd-file
}
passdb {
  args = username_format=%Ld /etc/dovecot/deny-domains
  deny = yes
  driver = passwd-file
}
passdb {
  args = /etc/dovecot/master-users
  driver = passwd-file
  master = yes
  result_success = continue
}
passdb {
  args = scheme=SHA256-CRYPT username_format=%Lu /etc/dovecot/users
  driver = passwd-file
}
plugin {
  quota = count:User quota
}
userdb {
  args = username_format=%Lu /etc/dovecot/users
  driver = passwd-file
}
protocol lmtp {
  mail_plugins = " quota sieve"
}
`;
const POSTCONF = `myhostname = mx1.lab.test
myorigin = mx1.lab.test
mydestination = mx1.lab.test, localhost
virtual_mailbox_domains = hash:/etc/postfix/vdomains
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_alias_maps = hash:/etc/postfix/valias
virtual_alias_domains = hash:/etc/postfix/valias
alias_maps = hash:/etc/aliases
smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/blocked_sender, permit
smtpd_recipient_restrictions = check_recipient_access hash:/etc/postfix/blocked_rcpt, permit_mynetworks, reject_unauth_destination
`;
const DEFAULTS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@\n5000\n0\nvmail\nvmail\n\n';

const snapshot = (users: string, more: Record<string, string> = {}): Snapshot => ({
  layout: interpretLayout(
    new Map([
      ['postconf', POSTCONF],
      ['doveconf', DOVECONF],
      ['defaults', DEFAULTS],
    ]),
  ),
  files: new Map(Object.entries({ '/etc/dovecot/users': users, '/etc/postfix/vdomains': 'alpha.test OK\n', ...more })),
  tables: new Map(),
  usage: new Map(),
  lastLogins: new Map(),
  addresses: [],
  job: { scheduler: null, job: null },
  dkim: ['/var/lib/rspamd/dkim/alpha.test.mail.key', '/etc/dkimkeys/other.test/mail.private'],
  passwd: '',
  shadow: '',
});

const ALICE =
  'alice@alpha.test:{SHA256-CRYPT}$5$salt$hash:5000:5000::/var/vmail/alpha.test/alice::userdb_quota_rule=*:storage=50M\n';
const contextOf = (from: Snapshot) => ({
  snapshot: from,
  directory: directoryOf(from, '2026-11-22'),
  hashes: new Map([['bob@alpha.test', '{SHA256-CRYPT}$5$x$y']]),
  today: '2026-11-22',
  stamp: 'c1',
});

describe('where accounts live', () => {
  test('is read from the configuration', () => {
    const { layout } = snapshot(ALICE);
    expect(layout.accounts).toEqual({
      kind: 'passwd-file',
      path: '/etc/dovecot/users',
      scheme: 'SHA256-CRYPT',
      keyed: 'address',
    });
    expect(layout.deny).toEqual({ users: '/etc/dovecot/deny-users', domains: '/etc/dovecot/deny-domains' });
    expect([layout.senderAccess?.spec, layout.recipientAccess?.spec]).toEqual([
      '/etc/postfix/blocked_sender',
      '/etc/postfix/blocked_rcpt',
    ]);
    expect([layout.sieve, layout.quota, layout.firstUid]).toEqual([true, true, 5000]);
  });

  test('a password database it does not know is told, and offers nothing', () => {
    const frames = new Map([
      ['postconf', POSTCONF],
      ['doveconf', 'passdb {\n  args = /etc/dovecot/dovecot-ldap.conf.ext\n  driver = ldap\n}\n'],
      ['defaults', DEFAULTS],
    ]);
    const layout = interpretLayout(frames);
    expect(layout.accounts).toBeNull();
    expect(layout.why.map((why) => why.values.driver)).toEqual(['ldap']);
  });
});

describe('plans', () => {
  test('a new account follows the pattern of the others', () => {
    const from = snapshot(ALICE, { '/etc/postfix/vmailbox': 'alice@alpha.test alpha.test/alice/\n' });
    const planned = planAccounts(
      {
        kind: 'accounts.add',
        serverId: 's',
        accounts: [{ address: 'Bob@alpha.test', name: 'Bób', quota: 2 ** 30, expires: '2027-01-31' }],
        secretId: 'x',
      },
      contextOf(from),
    );
    expect(diffOf(planned.writes)).toEqual([
      {
        place: '/etc/dovecot/users',
        more: 0,
        lines: [
          {
            sign: '+',
            text: 'bob@alpha.test:{SHA256-CRYPT}…:5000:5000:Bób:/var/vmail/alpha.test/bob::userdb_quota_rule=*:storage=1G userdb_postdeck_expires=2027-01-31',
          },
        ],
      },
      { place: '/etc/postfix/vmailbox', more: 0, lines: [{ sign: '+', text: 'bob@alpha.test alpha.test/bob/' }] },
    ]);
    expect(invert(invert(planned.writes))).toEqual(planned.writes);
  });

  test('all that is wrong with many is told at once', () => {
    const accounts = ['alice@alpha.test', 'x@nowhere.test', 'a b@alpha.test'].map((address) => ({
      address,
      name: null,
      quota: null,
      expires: null,
    }));
    const plan = () =>
      planAccounts({ kind: 'accounts.add', serverId: 's', accounts, secretId: 'x' }, contextOf(snapshot(ALICE)));
    expect(plan).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', detail: { problems: expect.objectContaining({ length: 3 }) } }),
    );
  });

  test('blocking and unblocking an account in a deny file and in access maps', () => {
    const from = snapshot(ALICE, {
      '/etc/dovecot/deny-users': 'alice@alpha.test:\n',
      '/etc/postfix/blocked_rcpt': 'alice@alpha.test REJECT gone\n',
      '/etc/dovecot/deny-domains': 'alpha.test:\n',
    });
    expect(directoryOf(from, '2026-11-22').accounts[0]?.blocks).toEqual({
      login: true,
      sending: false,
      receiving: true,
    });
    const planned = planAccounts({ kind: 'accounts.unblock', serverId: 's', target: { by: 'all' } }, contextOf(from));
    expect(planned.writes.files.map((file) => [file.path, file.edits[0]?.after])).toEqual([
      ['/etc/postfix/blocked_rcpt', null],
      ['/etc/dovecot/deny-users', null],
    ]);
    expect(planned.warnings.map((warning) => warning.id)).toEqual(['accounts.warn.domain-denied']);
  });
});

describe('folders that may go', () => {
  const folderOf = (home: string, others: string[] = [], location = 'maildir:~/Maildir'): string | null => {
    const line = (user: string, at: string): string => `${user}@alpha.test:x:5000:5000::${at}::\n`;
    const { all } = accountIndex(snapshot(line('alice', home) + others.map((at, i) => line(`u${i}`, at)).join('')));
    const [first] = all;
    return first ? ownFolder(first, all, location) : null;
  };
  test('only an account’s own, by its name, and nobody else’s inside', () => {
    expect(folderOf('/var/vmail/alpha.test/alice/')).toBe('/var/vmail/alpha.test/alice');
    expect(folderOf('/home/alice')).toBe('/home/alice');
    expect(folderOf('/var/vmail/alice@alpha.test')).toBe('/var/vmail/alice@alpha.test');
    for (const home of [
      '/',
      '',
      '/alice',
      '/var/vmail',
      '/var/vmail/alpha.test',
      '/etc/alice',
      '/root/alice',
      '/var/vmail/../alice',
      '/var/./alice',
      'alice',
      '/usr/lib/alice',
    ]) {
      expect(folderOf(home), home).toBeNull();
    }
    expect(folderOf('/var/vmail/alpha.test/alice', ['/var/vmail/alpha.test/alice/u0'])).toBeNull();
    expect(folderOf('/var/vmail/alpha.test/alice', [], 'mbox:/var/mail/%u')).toBeNull();
    expect(asideOf('/var/vmail/alpha.test/alice', 'c1')).toBe('/var/vmail/alpha.test/.removed-alice-c1');
  });
});

describe('SQL', () => {
  test('no value of a write can be read as SQL', () => {
    const evil = "x'); DROP TABLE mailbox; -- \\ $postdeck$ \n";
    const place = { dialect: 'mysql' as const, host: '', port: '', database: 'postfix', user: 'p' };
    const sql = transaction([
      {
        place,
        conf: '/c',
        table: 'mailbox',
        key: { column: 'username', value: evil },
        before: { password: evil },
        after: { password: evil },
        stamps: { onAdd: [], onChange: ['modified'] },
      },
      {
        place,
        conf: '/c',
        table: 'alias',
        key: { column: 'address', value: evil },
        before: null,
        after: { address: evil },
        stamps: { onAdd: ['created'], onChange: [] },
      },
    ]);
    expect(sql).not.toContain('DROP');
    expect(sql).toContain(literal(evil));
    expect(() => literal('a\0b')).toThrow(RangeError);
    expect(literal("ż'\\", 'pgsql')).toBe("U&'\\+00017c\\+000027\\+00005c'");
    expect(() =>
      transaction([
        {
          place,
          conf: '/c',
          table: 'mailbox; DROP TABLE x',
          key: { column: 'a', value: 'b' },
          before: null,
          after: { a: 'b' },
          stamps: { onAdd: [], onChange: [] },
        },
      ]),
    ).toThrow(RangeError);
  });

  test('fields come back exactly, NULL apart from the word NULL', () => {
    expect(parseRows('=a\\tb\\nc\\\\d\t-\t=NULL\t=\n', ['a', 'b', 'c', 'd'])).toEqual([
      { a: 'a\tb\nc\\d', b: null, c: 'NULL', d: '' },
    ]);
  });
});

test('usage as doveadm tells it', () => {
  const output =
    'Username\tQuota name\tType\tValue\tLimit\t%\nalice@alpha.test\tUser quota\tSTORAGE\t5\t51200\t0\nalice@alpha.test\tUser quota\tMESSAGE\t3\t-\t0\nbob@alpha.test\tUser quota\tSTORAGE\t0\t-\t0\n';
  expect([...parseUsage(output)]).toEqual([
    ['alice@alpha.test', { used: 5120, messages: 3, limit: 52428800 }],
    ['bob@alpha.test', { used: 0, messages: 0, limit: null }],
  ]);
});

test('DKIM keys are found by the domain in their path, or in OpenDKIM’s key table', () => {
  const found = (line: string): string[] => dkimDomains(line).map(({ domain }) => domain);
  expect(found('/var/lib/rspamd/dkim/alpha.test.mail.key')).toContain('alpha.test');
  expect(found('/etc/opendkim/keys/alpha.test/mail.private')).toContain('alpha.test');
  expect(found('mail._domainkey.alpha.test alpha.test:mail:/etc/opendkim/keys/mail.private')).toEqual(['alpha.test']);
  expect(found('# nothing')).toEqual([]);
  expect(directoryOf(snapshot(ALICE), '2026-11-22').domains[0]?.dkim).toEqual([
    '/var/lib/rspamd/dkim/alpha.test.mail.key',
  ]);
});

test('last logins as the file dictionary tells them', () => {
  const output = 'key\tvalue\nshared/last-login/alice@alpha.test\t1795369080\nshared/other/x\t1\n';
  expect([...parseLastLogins(output)]).toEqual([['alice@alpha.test', '2026-11-22T17:38:00.000Z']]);
});

test('redirects of a script, not those in comments', () => {
  const script =
    'require "copy";\n# redirect "no@x.test";\n/* redirect "no2@x.test"; */\nif true { redirect :copy "a@x.test"; }\nredirect "b\\"c@x.test";\n';
  expect(redirectsOf(script)).toEqual(['a@x.test', 'b"c@x.test']);
});
