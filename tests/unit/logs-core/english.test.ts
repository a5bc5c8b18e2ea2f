import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { describe, expect, test } from 'vitest';
import { english } from '#core/words/english.ts';

describe('a text in English', () => {
  const i18n = setupI18n({ locale: 'en', locales: 'en', messages: { en: {} } });
  i18n.setMessagesCompiler(compileMessage);

  test.each([
    ['plain words', {}],
    ["it''s {a} and {b}", { a: 'x', b: 3 }],
    ['{n, plural, one {# message} other {# messages}} of {n}', { n: 1 }],
    ['{n, plural, one {# message} other {# messages}}', { n: 12_345 }],
    ['{n, plural, =0 {} one {; # input} other {; # inputs}}', { n: 0 }],
    ['{a, plural, one {{to}} other {# of {b, plural, one {#} other {# in all}}}}', { a: 2, b: 5, to: 'x' }],
    ['{size, number} bytes', { size: 10_960 }],
    ['{what, select, a {first} other {rest}}', { what: 'a' }],
    ['{n, plural, offset:1 one {you and one more} other {you and # more}}', { n: 3 }],
  ])('%s', (message, values: Record<string, string | number>) => {
    expect(english({ id: 'test', message, values })).toBe(i18n._('test', values, { message }));
  });

  test('leaves backslash sequences of a stranger as they are', () => {
    expect(english({ id: 'test', message: 'said {words}', values: { words: String.raw`\u001b[2J \x41` } })).toBe(
      String.raw`said \u001b[2J \x41`,
    );
  });

  test('says a text within a text, at every depth and in every form', () => {
    const full = { id: 'cause', message: 'mailbox full', values: {} };
    const why = { id: 'why', message: '{dsn}, {cause}', values: { dsn: '4.2.2', cause: full } };
    expect(english({ id: 'test', message: 'not delivered ({why})', values: { why } })).toBe(
      'not delivered (4.2.2, mailbox full)',
    );
    const selected = { id: 'test', message: '{a, select, x {({why})} other {}}', values: { a: 'x', why } };
    expect(english(selected)).toBe('(4.2.2, mailbox full)');
  });
});
