import { describe, expect, test } from 'vitest';
import { generateSieve } from '#drivers/postfix-dovecot/sieve/generate.ts';
import { parseOwnSieve } from '#drivers/postfix-dovecot/sieve/parse.ts';
import { NO_SIEVE, type SieveSettings } from '#shared/model/sieve.ts';

const full: SieveSettings = {
  forward: { to: ['ext@sink.test', 'b@beta.test'], keep: true },
  vacation: {
    subject: 'Away: "back" soon \\o/',
    text: 'Line one\n# rule not a rule\n#- "quoted"\n.\nzażółć',
    from: '2026-12-01',
    until: '2026-12-31',
    days: 3,
    addresses: ['sales@alpha.test'],
  },
  allow: ['boss@gamma.test'],
  deny: ['spam@bad.test', '@worse.test'],
  spam: { level: 4, folder: 'Junk "mail"' },
  notify: 'sms@gate.test',
  hook: 'to-chat.sh',
  rules: [
    {
      name: 'Invoices',
      enabled: true,
      match: 'any',
      tests: [
        { field: 'subject', op: 'contains', value: 'invoice' },
        { field: 'from', op: 'is', value: 'billing@gamma.test' },
      ],
      action: { type: 'folder', folder: 'Work/Invoices' },
    },
    {
      name: 'Lists "a"',
      enabled: false,
      match: 'all',
      tests: [{ field: 'to', op: 'matches', value: 'list-*@alpha.test' }],
      action: { type: 'forward', to: 'x@y.test', keep: false },
    },
    {
      name: 'Drop',
      enabled: true,
      match: 'all',
      tests: [{ field: 'subject', op: 'is', value: 'x' }],
      action: { type: 'discard' },
    },
  ],
};

describe('our Sieve script', () => {
  test('reads back as the settings it was written from', () => {
    const spam = { level: 12, folder: null };
    for (const settings of [
      full,
      NO_SIEVE,
      { ...NO_SIEVE, forward: { to: ['a@b.test'], keep: false } },
      { ...NO_SIEVE, spam },
      { ...NO_SIEVE, spam, allow: ['x@y.test', '@friend.test'] },
    ]) {
      for (const previous of [null, 'main "x"']) {
        expect(parseOwnSieve(generateSieve(settings, previous))).toEqual({ own: true, settings, previous });
      }
    }
  });

  test('requires only the extensions it uses, whatever the text inside strings looks like', () => {
    const script = generateSieve(
      {
        ...NO_SIEVE,
        rules: [
          {
            name: 'r',
            enabled: true,
            match: 'all',
            tests: [{ field: 'subject', op: 'is', value: ':copy vacation currentdate' }],
            action: { type: 'keep' },
          },
        ],
      },
      null,
    );
    expect(script).not.toContain('require');
  });

  test('a spam section changed by hand is not ours, wherever it ends', () => {
    const script = generateSieve({ ...NO_SIEVE, spam: { level: 3, folder: 'Junk' }, allow: ['@friend.test'] }, null);
    expect(parseOwnSieve(script).own).toBe(true);
    for (let cut = 0; cut < script.length - 1; cut++) expect(parseOwnSieve(script.slice(0, cut)).own).toBe(false);
    expect(parseOwnSieve(script.replace('***', '**')).own).toBe(true);
    expect(parseOwnSieve(script.replace('friend.test', 'fiend.test')).own).toBe(false);
  });

  test('a quote in a value does not end the string it stands in', () => {
    const evil = 'x"; redirect "thief@evil.test';
    const settings: SieveSettings = {
      ...NO_SIEVE,
      rules: [
        {
          name: 'r',
          enabled: true,
          match: 'all',
          tests: [{ field: 'subject', op: 'is', value: evil }],
          action: { type: 'keep' },
        },
      ],
    };
    expect(generateSieve(settings, null)).toContain('"x\\"; redirect \\"thief@evil.test"');
    expect(parseOwnSieve(generateSieve(settings, null))).toMatchObject({ own: true, settings });
  });

  test('a script written by hand, or ours with one line changed, is not ours to edit', () => {
    expect(parseOwnSieve('require ["fileinto"];\nif header :contains "subject" "x" { fileinto "Y"; }\n')).toEqual({
      own: false,
    });
    expect(parseOwnSieve('')).toEqual({ own: false });
    const changed = generateSieve(full, null).replace(':days 3', ':days  3');
    expect(parseOwnSieve(changed)).toEqual({ own: false });
    expect(parseOwnSieve(`${generateSieve(full, null)}keep;\n`)).toEqual({ own: false });
  });
});
