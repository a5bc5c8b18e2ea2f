import { describe, expect, test } from 'vitest';
import { parseDoveconf } from '#drivers/postfix-dovecot/accounts/config.ts';
import { offersOf, pluginOf } from '#drivers/postfix-dovecot/sieve/offers.ts';

/** As rspamadm 3.4, postconf 3.7 and doveconf 2.3 print them. */
const HEADERS = `{
    "skip_local": false,
    "use": [
        "x-spamd-bar",
        "x-spam-level",
        "authentication-results"
    ],
    "extended_spam_headers": true
}
`;
const ACTIONS = '{\n    "add_header": 6,\n    "greylist": 4,\n    "reject": 15\n}\n';
const conf = (lines: string): ReadonlyMap<string, string> => pluginOf(parseDoveconf(`plugin {\n${lines}\n}\n`));
const PIPE =
  '  sieve_plugins = sieve_extprograms\n  sieve_extensions = +vnd.dovecot.pipe\n  sieve_pipe_bin_dir = /etc/dovecot/sieve-pipe';

const frames = (more: Record<string, string> = {}): Map<string, string> =>
  new Map(Object.entries({ milters: 'inet:127.0.0.1:11332\n', headers: HEADERS, actions: ACTIONS, ...more }));

describe('what a server lets users’ scripts do', () => {
  test('a score in the mail is offered where rspamd writes it, with the score the server refuses at', () => {
    expect(offersOf(conf(''), frames()).spam).toEqual({ available: true, by: 'rspamd', refusedAt: 15 });
  });

  test.each([
    ['no milter judges the mail', frames({ milters: '\n' }), 'sieve.no-rspamd'],
    ['rspamd is not there', new Map([['milters', 'inet:127.0.0.1:8891\n']]), 'sieve.no-rspamd'],
    ['its answer is cut off', frames({ headers: HEADERS.slice(0, 40) }), 'sieve.no-rspamd'],
    ['the level is not written', frames({ headers: '{"use":["x-spamd-bar"]}' }), 'sieve.no-level'],
    [
      'the level has another name',
      frames({ headers: '{"use":["x-spam-level"],"routines":{"x-spam-level":{"header":"X-Other"}}}' }),
      'sieve.no-level',
    ],
  ])('%s: no threshold, and why', (_, given, why) => {
    expect(offersOf(conf(''), given).spam).toMatchObject({ available: false, why: { id: why } });
  });

  test('programs are offered only where Dovecot is told to run them, and by plain names alone', () => {
    const programs = 'to-chat.sh\n../../bin/sh\n-rf\nb$(id)\nalso ok\nzz\n';
    expect(offersOf(conf(PIPE), frames({ programs })).hooks).toEqual({
      available: true,
      folder: '/etc/dovecot/sieve-pipe',
      programs: ['to-chat.sh', 'zz'],
    });
    expect(offersOf(conf(PIPE), frames({ programs: '' })).hooks).toMatchObject({ why: { id: 'sieve.no-programs' } });
    for (const missing of PIPE.split('\n')) {
      const rest = PIPE.split('\n').filter((line) => line !== missing);
      expect(offersOf(conf(rest.join('\n')), frames({ programs })).hooks).toMatchObject({
        why: { id: 'sieve.no-pipe' },
      });
    }
  });

  test('notices are offered by default, and not where the extension was taken away', () => {
    expect(offersOf(conf(''), frames()).notify.available).toBe(true);
    expect(offersOf(conf('  sieve_extensions = +editheader'), frames()).notify.available).toBe(true);
    expect(offersOf(conf('  sieve_extensions = -enotify'), frames()).notify.available).toBe(false);
    expect(offersOf(conf('  sieve_extensions = fileinto copy'), frames()).notify.available).toBe(false);
    expect(offersOf(conf('  sieve_extensions = fileinto enotify'), frames()).notify.available).toBe(true);
  });
});
