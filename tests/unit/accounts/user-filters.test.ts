import { describe, expect, test } from 'vitest';
import type { Account } from '#shared/model/account.ts';
import { readRspamd, rspamdOf, rspamdWrites, rulesOf } from '#drivers/postfix-dovecot/filters/rspamd.ts';
import { spamAssassinOf } from '#drivers/postfix-dovecot/filters/survey.ts';
import {
  ownLines,
  parseUserPrefs,
  preferencesIn,
  settingsFrom,
  withOwn,
} from '#drivers/postfix-dovecot/filters/user-prefs.ts';
import { settingsAfter } from '../../../electron/hosts/cli/user-filter.ts';

const NONE = { threshold: null, allow: [], deny: [] };

describe('a file of preferences', () => {
  const own = ownLines({ threshold: 7.5, allow: ['a@b.test'], deny: ['@c.test'] }, true) ?? '';

  test.each(['', 'x\n', 'no end', '\n', 'a\r\nb', 'required_score 3\n\n', '# Postdeck writes nothing\n'])(
    'takes our lines in and gives %j back byte for byte',
    (content) => {
      const next = withOwn(content, own);
      expect(parseUserPrefs(next)).toEqual({ rest: content, own });
      expect(withOwn(parseUserPrefs(next).rest, null)).toBe(content);
    },
  );

  test('keeps what was written below our lines apart from what stood above', () => {
    const next = `${withOwn('above', own)}below\n`;
    expect(parseUserPrefs(next)).toEqual({ rest: 'above\nbelow\n', own });
  });

  test('writes the names of either version, and reads both', () => {
    const settings = { threshold: 7.5, allow: ['a@b.test'], deny: ['@c.test'] };
    expect(own).toBe('required_score 7.5\nwelcomelist_from a@b.test\nblocklist_from *@c.test\n');
    const old = ownLines(settings, false) ?? '';
    expect(old).toBe('required_score 7.5\nwhitelist_from a@b.test\nblacklist_from *@c.test\n');
    for (const lines of [own, old]) expect(settingsFrom(preferencesIn(lines))).toEqual({ settings, other: [] });
    expect(ownLines(NONE, true)).toBeNull();
  });

  test('what settings cannot hold is told apart', () => {
    const found = settingsFrom(
      preferencesIn(
        'Required_Hits 6 # six\nwhitelist_from a@b.test c@d.test\nblacklist_from *@*.x.test\nscore X 1\n#required_score 2',
      ),
    );
    expect(found.settings).toEqual({ ...NONE, threshold: 6 });
    expect(found.other.map(({ value }) => value)).toEqual(['a@b.test c@d.test', '*@*.x.test']);
  });
});

describe('how spamd was started', () => {
  const setup = (more: Record<string, string>) =>
    spamAssassinOf(new Map(Object.entries({ client: 'SpamAssassin Client version 4.0.1', ...more })));
  const running = (options: string) => `root  /usr/bin/perl -T -w /usr/sbin/spamd ${options}\nroot  spamd child\n`;

  test('nothing is offered without it, or where it reads no settings of users', () => {
    expect(setup({ processes: '_rspamd rspamd: main process\n' })).toBeNull();
    expect(setup({ processes: running('-d -x') })).toBeNull();
    expect(setup({ processes: running('-d -u nobody') })).toBeNull();
  });

  test('files in homes, in folders by name, and what cannot be followed', () => {
    expect(setup({ processes: running('-d -m 5') })?.store).toEqual({ kind: 'homes' });
    expect(setup({ processes: running('-u vmail -x --virtual-config-dir=/var/mail/%d/%l') })?.store).toEqual({
      kind: 'folders',
      pattern: '/var/mail/%d/%l',
      owner: 'vmail',
    });
    expect(setup({ processes: running('-uvmail --virtual-config-dir /var/%x') })?.store).toEqual({
      kind: 'other',
      what: 'pattern',
    });
    expect(setup({ processes: running('--ldap-config -x') })?.store).toEqual({ kind: 'other', what: 'ldap' });
  });

  test('gone to the background, it shows nothing but its name: its start-up file tells', () => {
    const defaults = '# OPTIONS="-x"\nOPTIONS="--max-children 5 -u vmail --virtual-config-dir=/m/%u -p 1783"\n';
    const found = setup({ processes: 'root   spamd\nvmail   spamd child\n', defaults });
    expect(found).toMatchObject({ store: { kind: 'folders', owner: 'vmail' }, reach: { socket: '', port: '1783' } });
  });

  test.each([
    ['DBI:mysql:sa:localhost:3307', { dialect: 'mysql', database: 'sa', host: 'localhost', port: '3307' }],
    ['DBI:mysql:database=sa;mysql_socket=/run/my.sock', { dialect: 'mysql', database: 'sa', host: '/run/my.sock' }],
    ['DBI:Pg:dbname=sa;host=db.test', { dialect: 'pgsql', database: 'sa', host: 'db.test', port: '' }],
  ])('settings in the database %s', (dsn, place) => {
    const settings = `user_scores_dsn ${dsn}\nuser_scores_sql_username sa\nrequired_score 6\n`;
    const found = setup({ processes: running('-q -x'), settings, secrets: '/etc/spamassassin/sql.cf\n' });
    expect(found).toMatchObject({
      usual: 6,
      store: { kind: 'sql', table: 'userpref', conf: '/etc/spamassassin/sql.cf', place },
    });
  });

  test('a query of its own is followed where it asks for the user, and not elsewhere', () => {
    const ask = (query: string) =>
      setup({
        processes: running('-Q'),
        settings: `user_scores_dsn DBI:mysql:sa\nuser_scores_sql_custom_query ${query}\n`,
      })?.store;
    expect(
      ask(
        "SELECT preference, value FROM prefs WHERE username = _USERNAME_ OR username = '$GLOBAL' ORDER BY username ASC",
      ),
    ).toMatchObject({ kind: 'sql', table: 'prefs' });
    expect(ask('SELECT preference, value FROM prefs WHERE id = crc32(_USERNAME_)')).toEqual({
      kind: 'other',
      what: 'query',
    });
  });

  test('the name that mail is handed over with', () => {
    const named = (services: string, more = '') => setup({ processes: running('-d') + more, services })?.named;
    expect(named('sa unix - n n - - pipe user=x argv=/usr/bin/spamc -u ${recipient} -e sendmail')).toBe('address');
    expect(named('sa unix - n n - - pipe user=x argv=/usr/bin/spamc -f -u ${user}@${domain} -e x')).toBe('address');
    expect(named('sa unix - n n - - pipe user=x argv=/usr/bin/spamc -u ${user} -e x')).toBe('local');
    expect(named('sa unix - n n - - pipe user=x argv=/usr/bin/spamc -f -e x')).toBeNull();
    expect(named('', 'x /usr/sbin/spamass-milter -P /run/x -u nobody -e example.org\n')).toBe('address');
    expect(named('', 'x /usr/sbin/spamass-milter -P /run/x -u nobody\n')).toBe('local');
  });
});

test('a sender stands on one list of the two', () => {
  const old = { threshold: 5, allow: ['a@b.test', 'c@d.test'], deny: ['@e.test'] };
  expect(settingsAfter(old, { deny: ['A@b.test'], threshold: 'server' })).toEqual({
    threshold: null,
    allow: ['c@d.test'],
    deny: ['@e.test', 'a@b.test'],
  });
  expect(settingsAfter(old, { allow: ['@e.test'], forget: ['c@d.test'] })).toEqual({
    threshold: 5,
    allow: ['a@b.test', '@e.test'],
    deny: [],
  });
});

describe('lines in rspamd’s settings', () => {
  const actions = new Map([
    ['greylist', 4],
    ['add header', 6],
    ['reject', 15],
  ]);
  const setup = { actions, rules: ['site', 'postdeck:own:a@b.test'] };
  const account = { address: 'a@b.test' } as Account;

  test('are read back as they were set, among lines of others', () => {
    const settings = { threshold: 2.5, allow: ['x@y.test', '@z.test'], deny: ["o'n@y.test"] };
    const lines = [...rulesOf('a@b.test', settings, actions).values()];
    const content = `site {\n  from = "@x.test";\n}\n${lines.join('')}${rulesOf('c@d.test', { ...NONE, threshold: 3 }, actions).get('own')}`;
    expect(readRspamd(setup, account, content).filter).toMatchObject({
      settings,
      readOnly: null,
      byHand: ['site'],
      usual: 6,
    });
    expect(readRspamd(setup, account, null).filter).toMatchObject({ settings: NONE, readOnly: null });
  });

  test('below greylisting a threshold takes its place, above it does not', () => {
    const own = (threshold: number) => rulesOf('a@b.test', { ...NONE, threshold }, actions).get('own');
    expect(own(2)).toContain('actions { "add header" = 2; "greylist" = null; }');
    expect(own(5)).toContain('actions { "add header" = 5; }');
  });

  test('changed by hand, they are left alone; and signs that mean more there are not written', () => {
    const line = rulesOf('a@b.test', { ...NONE, threshold: 2 }, actions).get('own') ?? '';
    expect(readRspamd(setup, account, line.replace('priority = 2', 'priority = 9')).filter.readOnly?.id).toBe(
      'filter.changed-by-hand',
    );
    const state = readRspamd(setup, account, null);
    const set = (allow: string[]) =>
      rspamdWrites(setup, state, { address: 'a@b.test', settings: { ...NONE, allow }, exists: false });
    for (const odd of ['/x/@y.test', '$LOCAL_CONFDIR@y.test']) expect(() => set([odd])).toThrow(/sign/);
    expect(set(['x@y.test'])?.writes.files).toMatchObject([{ fresh: 'create', edits: [{ before: null }] }]);
  });

  test('nothing is offered without a milter, with settings from a map, or where the file is not included', () => {
    const frames = { rsettings: '{}', ractions: '{"add_header": 6}', rmilters: 'inet:x:1\n', rincluded: '.include x' };
    const ask = (more: object) => rspamdOf(new Map(Object.entries({ ...frames, ...more })));
    expect(ask({})?.actions.get('add header')).toBe(6);
    for (const gone of [{ rmilters: '\n' }, { rsettings: '"http://x"' }, { rincluded: '' }, { ractions: '' }]) {
      expect(ask(gone)).toBeNull();
    }
  });
});
