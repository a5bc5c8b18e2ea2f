/** Outgoing addresses and alias domains as they stand in main.cf, master.cf and maps, recorded from lab hosts. */
import { describe, expect, test } from 'vitest';
import { leadsDomain } from '#drivers/postfix-dovecot/accounts/alias-domains.ts';
import { jobScript, parseJob } from '#drivers/postfix-dovecot/accounts/expiry-job.ts';
import {
  boundService,
  parseAddresses,
  smtpServices,
  splitTransport,
} from '#drivers/postfix-dovecot/accounts/outgoing.ts';
import { invert, noWrites, settle, type Writes } from '#drivers/postfix-dovecot/accounts/writes.ts';
import { editEntries, parseMapSource } from '#drivers/postfix-dovecot/maps/map-source.ts';
import { splitTables } from '#drivers/postfix-dovecot/sql/client.ts';

/** Debian's master.cf, cut to what matters. */
const MASTER = `# service type  private unpriv  chroot  wakeup  maxproc command + args
smtp      inet  n       -       y       -       -       smtpd
#submission inet n       -       y       -       -       smtpd
#  -o syslog_name=postfix/submission
cleanup   unix  n       -       y       -       0       cleanup
smtp      unix  -       -       y       -       -       smtp
  # slow receivers
  -o smtp_connect_timeout=5s
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/\${service_name}
byhand    unix  -       -       n       -       -       smtp -o smtp_bind_address=192.0.2.7 -o smtp_helo_name=out.test
both      unix  -       -       n       -       -       smtp
  -o smtp_bind_address=192.0.2.8
  -o smtp_bind_address6=2001:db8::8
postlog   unix-dgram n  -       n       -       1       postlogd
`;

describe('services of master.cf', () => {
  test('are found with the address they are bound to, or with one of each family', () => {
    expect(smtpServices(MASTER).map(({ name, ip }) => [name, ip])).toEqual([
      ['smtp', null],
      ['relay', null],
      ['byhand', '192.0.2.7'],
      ['both', '192.0.2.8,2001:db8::8'],
    ]);
  });

  test('a copy keeps the options of smtp, comments left out, and is read back as bound', () => {
    const smtp = smtpServices(MASTER)[0]?.raw ?? '';
    const four = boundService(smtp, '192.0.2.9');
    expect(four).toBe(
      'postdeck-192-0-2-9 unix - - y - - smtp -o smtp_connect_timeout=5s\n' +
        '    -o smtp_bind_address=192.0.2.9\n    -o smtp_address_preference=ipv4\n',
    );
    const six = boundService(smtp, '2001:db8::9');
    expect(smtpServices(MASTER + four + six).slice(-2)).toMatchObject([
      { name: 'postdeck-192-0-2-9', ip: '192.0.2.9' },
      { name: 'postdeck-2001-db8--9', ip: '2001:db8::9' },
    ]);
    const both = boundService(smtp, '192.0.2.9,2001:db8::9');
    expect(both.split('\n').slice(1, -1)).toEqual([
      '    -o smtp_bind_address=192.0.2.9',
      '    -o smtp_bind_address6=2001:db8::9',
    ]);
    expect(smtpServices(MASTER + both).at(-1)).toMatchObject({
      name: 'postdeck-192-0-2-9-2001-db8--9',
      ip: '192.0.2.9,2001:db8::9',
    });
    for (const bad of [
      '192.0.2.9,192.0.2.8',
      '2001:db8::9,192.0.2.9',
      '192.0.2.9,',
      '192.0.2.9\n  -o x=y',
      'smtp',
      '',
      '1.2.3.4 -o x=y',
    ]) {
      expect(() => boundService(smtp, bad)).toThrow(RangeError);
    }
  });

  test('an edit leaves every other byte, comments inside an entry included', () => {
    const raw = parseMapSource(MASTER, 'master').find(({ key }) => key === 'byhand/unix')?.raw ?? '';
    const without = editEntries(MASTER, [{ key: 'byhand/unix', before: raw, after: null }], 'master');
    expect(without).toBe(
      MASTER.split('\n')
        .filter((line) => !line.startsWith('byhand'))
        .join('\n'),
    );
    expect(parseMapSource(without, 'master').map(({ key }) => key)).toEqual([
      'smtp/inet',
      'cleanup/unix',
      'smtp/unix',
      'relay/unix',
      'both/unix',
      'postlog/unix-dgram',
    ]);
  });

  test('of a parameter that main.cf has twice the last one is edited, as the last one counts', () => {
    const main = 'default_transport = smtp\n# once more\ndefault_transport = relay:\n  [host.test]\n';
    const last = parseMapSource(main, 'main').at(-1)?.raw ?? '';
    expect(last).toBe('default_transport = relay:\n  [host.test]\n');
    const edit = { key: 'default_transport', before: last, after: 'default_transport = x:\n' };
    expect(editEntries(main, [edit], 'main')).toBe('default_transport = smtp\n# once more\ndefault_transport = x:\n');
  });
});

test('addresses of the host: loopback, link-local, tentative and temporary ones are not offered', () => {
  // Linux 6.1, iproute2 6.1
  const output = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0    inet 10.77.10.11/24 scope global eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet 10.77.10.111/24 scope global secondary eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 fd77::11/64 scope global \\       valid_lft forever preferred_lft forever
2: eth0    inet6 2001:db8::5/64 scope global temporary dynamic \\       valid_lft 604782sec preferred_lft 85782sec
2: eth0    inet6 2001:db8::6/64 scope global tentative \\       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::1/64 scope link \\       valid_lft forever preferred_lft forever
`;
  expect(parseAddresses(output)).toEqual([
    { ip: '10.77.10.11', interface: 'eth0' },
    { ip: '10.77.10.111', interface: 'eth0' },
    { ip: 'fd77::11', interface: 'eth0' },
  ]);
});

test('a transport and its next hop', () => {
  expect(splitTransport('smtp')).toEqual({ transport: 'smtp', nexthop: '' });
  expect(splitTransport('smtp:[relay.test]:587')).toEqual({ transport: 'smtp', nexthop: '[relay.test]:587' });
  expect(splitTransport('lmtp:unix:private/dovecot-lmtp').nexthop).toBe('unix:private/dovecot-lmtp');
});

test('an alias domain is a domain that leads to a domain; a catch-all leads to an address', () => {
  expect(leadsDomain('@old.test', ['@new.test'])).toBe(true);
  expect(leadsDomain('@old.test', ['all@new.test'])).toBe(false);
  expect(leadsDomain('@old.test', ['@new.test', '@other.test'])).toBe(false);
  expect(leadsDomain('info@old.test', ['@new.test'])).toBe(false);
});

describe('undo of an outgoing address', () => {
  const service = 'postdeck-192-0-2-9 unix - - y - - smtp\n';
  const made: Writes = {
    ...noWrites(),
    files: [
      {
        path: '/etc/postfix/master.cf',
        format: 'master',
        map: null,
        edits: [{ key: 'postdeck-192-0-2-9/unix', before: null, after: service, shared: true }],
      },
      {
        path: '/etc/postfix/postdeck_outgoing',
        format: 'map',
        map: 'hash',
        fresh: 'create',
        edits: [{ key: '@a.test', before: null, after: '@a.test postdeck-192-0-2-9:\n' }],
      },
      {
        path: '/etc/postfix/main.cf',
        format: 'main',
        map: null,
        edits: [
          {
            key: 'sender_dependent_default_transport_maps',
            before: null,
            after: 'sender_dependent_default_transport_maps = hash:/etc/postfix/postdeck_outgoing\n',
            shared: true,
          },
        ],
      },
    ],
  };
  const server = (senders: string, more = '') =>
    new Map([
      ['/etc/postfix/master.cf', MASTER + service],
      [
        '/etc/postfix/main.cf',
        `sender_dependent_default_transport_maps = hash:/etc/postfix/postdeck_outgoing\n${more}`,
      ],
      ['/etc/postfix/postdeck_outgoing', senders],
    ]);
  const undone = (files: Map<string, string>): string[] =>
    settle(invert(made), files).files.flatMap((file) => file.edits.map(({ key }) => key));

  test('takes everything back where nobody else has come to use it', () => {
    expect(undone(server('@a.test postdeck-192-0-2-9:\n'))).toHaveLength(3);
  });

  test('leaves transport and table to another domain', () => {
    expect(undone(server('@a.test postdeck-192-0-2-9:\n@b.test postdeck-192-0-2-9:\n'))).toEqual(['@a.test']);
  });

  test('leaves the table to a domain with another transport, and the transport to the default', () => {
    expect(undone(server('@a.test postdeck-192-0-2-9:\n@b.test byhand:\n'))).toEqual([
      'postdeck-192-0-2-9/unix',
      '@a.test',
    ]);
    expect(undone(server('@a.test postdeck-192-0-2-9:\n', 'default_transport = postdeck-192-0-2-9\n'))).toEqual([
      '@a.test',
      'sender_dependent_default_transport_maps',
    ]);
  });
});

test('the daily job: what runs it, and a path that no shell would survive', () => {
  expect(parseJob('systemd\nsystemd\n#!/bin/sh\nx\n')).toEqual({
    scheduler: 'systemd',
    job: { scheduler: 'systemd', script: '#!/bin/sh\nx\n' },
  });
  expect(parseJob('none\nnone\n')).toEqual({ scheduler: null, job: null });
  // a script without anything that runs it is not the job
  expect(parseJob('cron\nnone\n#!/bin/sh\n')).toEqual({ scheduler: 'cron', job: null });
  expect(jobScript("/etc/it's; reboot")).toContain("realpath -e -- '/etc/it'\\''s; reboot'");
});

test('several tables in one run of the client come apart again, whatever their rows hold', () => {
  const found = splitTables('@table mailbox\n=a@x.test\n=@table alias\n-\n@table alias\n=b\n');
  expect([...found]).toEqual([
    ['mailbox', '=a@x.test\n=@table alias\n-\n'],
    ['alias', '=b\n'],
  ]);
});
