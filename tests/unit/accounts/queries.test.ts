import { describe, expect, test } from 'vitest';
import { lastDayOf, untilValue } from '#drivers/postfix-dovecot/accounts/until.ts';
import { parseQuery } from '#drivers/postfix-dovecot/sql/query.ts';
import { parseSqlConf, placeOfDovecot, placeOfPostfix, queryOfPostfix } from '#drivers/postfix-dovecot/sql/conf.ts';

const DOVECOT = `# comment = x
driver = mysql
connect = host=localhost dbname=postfix user=postfix password='s p w'
password_query = SELECT username AS user, password FROM mailbox WHERE username = '%u' AND active = '1'
user_query = SELECT CONCAT('/var/vmail/', maildir) AS home, 5000 AS uid, 5000 AS gid, \\
  CONCAT('*:bytes=', quota) AS quota_rule \\
  FROM mailbox WHERE username = '%u' AND active = '1'
`;

describe('queries of Dovecot and Postfix', () => {
  test('the configuration file: values, continued lines, the place', () => {
    const conf = parseSqlConf(DOVECOT);
    expect(placeOfDovecot(conf)).toEqual({
      dialect: 'mysql',
      host: 'localhost',
      port: '',
      database: 'postfix',
      user: 'postfix',
    });
    const parsed = parseQuery(conf.get('user_query') ?? '');
    expect(parsed).toMatchObject({
      ok: true,
      lookup: { table: 'mailbox', keyColumn: 'username', constants: [{ column: 'active', value: '1' }] },
    });
    expect(parsed.ok && parsed.lookup.items).toContainEqual({
      name: 'quota_rule',
      column: 'quota',
      plain: false,
      prefix: '*:bytes=',
    });
  });

  test('a Postfix table, also in its old form', () => {
    expect(
      placeOfPostfix(parseSqlConf('hosts = unix:/run/mysqld/mysqld.sock\ndbname=m\nuser = u\n'), 'mysql'),
    ).toMatchObject({ host: '/run/mysqld/mysqld.sock' });
    const old = parseSqlConf(
      "table = alias\nselect_field = goto\nwhere_field = address\nadditional_conditions = and active = '1'\n",
    );
    expect(parseQuery(queryOfPostfix(old) ?? '')).toEqual({
      ok: true,
      lookup: {
        until: null,
        table: 'alias',
        items: [{ name: 'goto', column: 'goto', plain: true, prefix: null }],
        keyColumn: 'address',
        constants: [{ column: 'active', value: '1' }],
      },
    });
  });

  test('joins, functions on the key and anything unknown are for reading only', () => {
    const answers = [
      "SELECT goto FROM alias,alias_domain WHERE alias_domain.alias_domain = '%d'",
      "SELECT a.x FROM a JOIN b ON a.i=b.i WHERE a.k='%u'",
      "SELECT x FROM a WHERE lower(k) = '%u'",
      "SELECT x FROM a WHERE k = '%n@%d'",
      "SELECT x FROM a WHERE k = '%u' OR 1=1",
      'CALL lookup(%u)',
      "SELECT x FROM other.a WHERE k = '%u'",
    ].map((query) => parseQuery(query).ok);
    expect(answers).toEqual([false, false, false, false, false, false, false]);
  });

  test('PostgreSQL spelling', () => {
    expect(
      parseQuery(
        `SELECT '*:bytes=' || quota AS quota_rule, "password" FROM mailbox m WHERE m.username = '%u' AND active = true`,
      ),
    ).toMatchObject({
      ok: true,
      lookup: {
        table: 'mailbox',
        keyColumn: 'username',
        constants: [{ column: 'active', value: '1' }],
        items: [
          { name: 'quota_rule', column: 'quota', prefix: '*:bytes=' },
          { column: 'password', plain: true },
        ],
      },
    });
  });
});

describe('a date in the password query', () => {
  const untilOf = (condition: string) => {
    const parsed = parseQuery(`SELECT password FROM mailbox WHERE username = '%u' AND active = '1' AND ${condition}`);
    return parsed.ok ? parsed.lookup.until : parsed.why;
  };
  test('is read in the forms that databases know, and nothing else is taken for one', () => {
    const until = { column: 'password_expiry', included: false, byDay: false };
    expect(untilOf('password_expiry > NOW()')).toEqual(until);
    expect(untilOf('mailbox.password_expiry > now()')).toEqual(until);
    expect(untilOf('NOW() < password_expiry')).toEqual(until);
    expect(untilOf('password_expiry >= CURRENT_DATE')).toEqual({ ...until, included: true, byDay: true });
    for (const other of ['created < NOW()', 'a > b', 'expires > NOW() + INTERVAL 1 DAY', "expires > '2020-01-01'"]) {
      expect(untilOf(other), other).toBe('condition');
    }
  });

  test('the last day counts to its end, and comes back as it was set', () => {
    const forms = [
      { until: { column: 'x', included: false, byDay: false }, type: 'datetime', value: '2027-02-01 00:00:00' },
      { until: { column: 'x', included: false, byDay: false }, type: 'date', value: '2027-02-01' },
      { until: { column: 'x', included: true, byDay: true }, type: 'date', value: '2027-01-31' },
      { until: { column: 'x', included: false, byDay: true }, type: 'date', value: '2027-02-01' },
    ];
    for (const { value, ...form } of forms) {
      expect(untilValue(form, '2027-01-31')).toBe(value);
      expect(lastDayOf(form, value)).toBe('2027-01-31');
      expect(lastDayOf(form, untilValue(form, null))).toBeNull();
    }
    const form = { until: { column: 'x', included: false, byDay: false }, type: 'datetime' };
    // a day that ends at noon is the last day; NULL lets nobody in
    expect(lastDayOf(form, '2027-01-31 12:00:00')).toBe('2027-01-31');
    expect([lastDayOf(form, null), lastDayOf(form, '0000-00-00 00:00:00')]).toEqual(['1970-01-01', '1970-01-01']);
  });
});
