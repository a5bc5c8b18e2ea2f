import { describe, expect, test } from 'vitest';
import {
  editPasswdLine,
  formatPasswdEntry,
  isLocked,
  lockPassword,
  parsePasswdFile,
  parsePasswdLine,
  quotaOfRule,
  ruleWithQuota,
  unlockPassword,
  withExtra,
} from '#drivers/postfix-dovecot/accounts/passwd-file.ts';
import {
  disable,
  editEntries,
  enable,
  EntryChanged,
  formatEntry,
  parseMapSource,
  splitTargets,
} from '#drivers/postfix-dovecot/maps/map-source.ts';

const LINE =
  'alice@alpha.test:{SHA256-CRYPT}$5$labsalt$abc:5000:5000::/var/vmail/alpha.test/alice::userdb_quota_rule=*:storage=50M userdb_mail=maildir:~/Maildir\n';

describe('passwd-file', () => {
  test('extra fields keep their colons', () => {
    expect(parsePasswdLine(LINE)?.extra).toEqual([
      ['userdb_quota_rule', '*:storage=50M'],
      ['userdb_mail', 'maildir:~/Maildir'],
    ]);
  });

  test('an edit changes its field and no other byte', () => {
    const odd = 'bob@alpha.test:pw:::x::/bin/sh:a=1  b\r\n';
    expect(editPasswdLine(odd, { password: 'new' })).toBe('bob@alpha.test:new:::x::/bin/sh:a=1  b\r\n');
    expect(editPasswdLine('short:', { password: 'p' })).toBe('short:p::::::\n');
    const extra = withExtra(parsePasswdLine(LINE)?.extra ?? [], 'userdb_quota_rule', '*:storage=1G');
    expect(editPasswdLine(LINE, { extra })).toBe(LINE.replace('50M', '1G'));
  });

  test('a value cannot end its field or its line', () => {
    for (const password of ['a:b', 'a\nroot::0:0', 'a\0']) {
      expect(() => editPasswdLine(LINE, { password })).toThrow(RangeError);
    }
    expect(() =>
      formatPasswdEntry({
        user: 'a',
        password: 'b',
        uid: '',
        gid: '',
        gecos: '',
        home: '',
        shell: '',
        extra: [['x', 'a b']],
      }),
    ).toThrow(RangeError);
  });

  test('comments and lines without a user are no entries', () => {
    const lines = parsePasswdFile(`# c\n\n:x\n${LINE}tail:x`);
    expect(lines.map((line) => line.entry?.user ?? null)).toEqual([null, null, null, 'alice@alpha.test', 'tail']);
    expect(lines.map((line) => line.raw).join('')).toBe(`# c\n\n:x\n${LINE}tail:x`);
  });

  test('a lock keeps scheme and hash, and an unlock gives the same password back', () => {
    for (const password of ['{SHA512-CRYPT}$6$a$b', '$1$a$b', '{PLAIN}x', '']) {
      expect(isLocked(lockPassword(password))).toBe(true);
      expect(unlockPassword(lockPassword(password))).toBe(password);
      expect(lockPassword(lockPassword(password))).toBe(lockPassword(password));
    }
    expect(lockPassword('{SHA512-CRYPT}$6$a')).toBe('{SHA512-CRYPT}!$6$a');
  });

  test('quota rules: units as Dovecot counts them, other limits kept', () => {
    expect(quotaOfRule('*:storage=50M')).toBe(50 * 1024 ** 2);
    expect(quotaOfRule('*:storage=2')).toBe(2048);
    expect(quotaOfRule('*:bytes=1000:messages=5')).toBe(1000);
    expect(quotaOfRule('*:storage=0')).toBeNull();
    expect(quotaOfRule('*:messages=5')).toBeNull();
    expect(ruleWithQuota('*:messages=5:storage=1M', 2 * 1024 ** 3)).toBe('*:storage=2G:messages=5');
    expect(ruleWithQuota(null, 1000)).toBe('*:bytes=1000');
    expect(quotaOfRule(ruleWithQuota(null, 1536 * 1024))).toBe(1536 * 1024);
  });
});

const MAP =
  '# aliases of alpha\nsales@alpha.test alice@alpha.test,\n# comment inside\n  bob@alpha.test\n\nFwd@alpha.test\text@sink.test\n';

describe('map source', () => {
  test('continuation lines, also past a comment; keys fold', () => {
    expect(parseMapSource(MAP, 'map').map(({ key, value }) => [key, splitTargets(value, 'map')])).toEqual([
      ['sales@alpha.test', ['alice@alpha.test', 'bob@alpha.test']],
      ['fwd@alpha.test', ['ext@sink.test']],
    ]);
  });

  test('an edit touches only its own lines', () => {
    const before = parseMapSource(MAP, 'map')[0]?.raw ?? '';
    const edited = editEntries(MAP, [{ key: 'sales@alpha.test', before, after: 'sales@alpha.test x@y.test\n' }], 'map');
    expect(edited).toBe(
      '# aliases of alpha\nsales@alpha.test x@y.test\n# comment inside\n\nFwd@alpha.test\text@sink.test\n',
    );
    const last = parseMapSource(MAP, 'map')[1]?.raw ?? '';
    expect(editEntries(MAP, [{ key: 'fwd@alpha.test', before: last, after: null }], 'map')).toBe(MAP.replace(last, ''));
  });

  test('an added entry starts on a line of its own', () => {
    expect(editEntries('a b', [{ key: 'c', before: null, after: 'c d\n' }], 'map')).toBe('a b\nc d\n');
    expect(editEntries('', [{ key: 'c', before: null, after: 'c d\n' }], 'map')).toBe('c d\n');
  });

  test('an entry that somebody changed, added or removed since is noticed', () => {
    const before = 'sales@alpha.test old\n';
    expect(() => editEntries(MAP, [{ key: 'sales@alpha.test', before, after: null }], 'map')).toThrow(EntryChanged);
    expect(() => editEntries(MAP, [{ key: 'fwd@alpha.test', before: null, after: 'x\n' }], 'map')).toThrow(
      EntryChanged,
    );
    expect(() => editEntries('', [{ key: 'x', before: 'x y\n', after: null }], 'map')).toThrow(EntryChanged);
  });

  test('a disabled entry stays in the file and comes back as it was', () => {
    const raw = parseMapSource(MAP, 'map')[0]?.raw ?? '';
    const off = editEntries(MAP, [{ key: 'sales@alpha.test', before: raw, after: disable(raw) }], 'map');
    expect(parseMapSource(off, 'map').map(({ key, disabled }) => [key, disabled])).toEqual([
      ['sales@alpha.test', true],
      ['fwd@alpha.test', false],
    ]);
    const again = parseMapSource(off, 'map')[0]?.raw ?? '';
    expect(enable(disable(raw))).toBe(raw);
    expect(editEntries(off, [{ key: 'sales@alpha.test', before: disable(again), after: raw }], 'map')).toContain(raw);
  });

  test('a key or value cannot become a second entry', () => {
    for (const [key, value] of [
      ['a b', 'c'],
      ['a\nb', 'c'],
      ['a', 'b\nroot evil'],
      ['', 'x'],
      ['#a', 'b'],
    ] as const) {
      expect(() => formatEntry(key, value, 'map')).toThrow(RangeError);
    }
  });

  test('alias files: quoted names, programs and files as targets', () => {
    const source = 'root: ops\n"odd name": "|/usr/bin/prog -a, -b", /var/mail/x, :include:/etc/list\n\tbob\n';
    expect(parseMapSource(source, 'aliases').map(({ key, value }) => [key, splitTargets(value, 'aliases')])).toEqual([
      ['root', ['ops']],
      ['odd name', ['"|/usr/bin/prog -a, -b"', '/var/mail/x', ':include:/etc/list\tbob']],
    ]);
  });
});
