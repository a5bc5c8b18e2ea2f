/**
 * Outgoing addresses on real servers. One counts when another host received the mail from it; a new transport, when mail
 * goes on leaving while it is added and after it has gone.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { Desk } from './accounts-lab.ts';
import { describeAccountsLab, withoutMilters } from './describe-accounts-lab.ts';
import { received, submit, unique } from './mail-check.ts';

describeAccountsLab('outgoing addresses on real servers', (lab) => {
  withoutMilters(lab);

  /** The address that a message came from, as the receiving host's Postfix wrote it into the first Received line. */
  async function cameFrom(at: LabHost, login: string, subject: string): Promise<string> {
    expect(await received(at, login, subject)).toBe(true);
    const query = ['mailbox', 'INBOX', 'subject', subject];
    const { stdout } = await at.exec(['doveadm', 'fetch', '-u', login, 'hdr.received', ...query]);
    return /from mx\d\.lab\.test \([^[]*\[(?:IPv6:)?([0-9a-fA-F.:]+)\]\)/.exec(stdout)?.[1] ?? stdout;
  }

  /** Postfix as it was before the suite, whatever a failed test left. */
  async function keepPostfix(host: LabHost): Promise<() => Promise<void>> {
    await host.ok(['sh', '-c', 'rm -rf /tmp/pf && cp -a /etc/postfix /tmp/pf']);
    return async () => {
      await host.ok(['sh', '-c', 'rm -rf /etc/postfix && cp -a /tmp/pf /etc/postfix && postfix reload']);
    };
  }
  describe.each([
    {
      kind: 'passwd-file',
      name: 'mx1',
      domain: 'alpha.test',
      other: 'mx2',
      to: 'alice@gamma.test',
      login: 'alice@gamma.test',
    },
    { kind: 'sql', name: 'mx2', domain: 'gamma.test', other: 'mx1', to: 'alice@alpha.test', login: 'alice@alpha.test' },
    {
      kind: 'system',
      name: 'mx3',
      domain: 'epsilon.test',
      other: 'mx1',
      to: 'bob@alpha.test',
      login: 'bob@alpha.test',
    },
  ] as const)('outgoing addresses, $kind', ({ kind, name, domain, other, to, login }) => {
    let host: LabHost;
    let receiver: LabHost;
    let desk: Desk;
    let second: string;
    let restore: () => Promise<void>;
    const sender = `carol@${domain}`;

    beforeAll(async () => {
      host = lab().host(name);
      receiver = lab().host(other);
      desk = await Desk.at(host);
      second = host.address.replace(/\.(\d+)$/, '.1$1');
      restore = await keepPostfix(host);
    });
    afterEach(() => restore());
    afterAll(() => desk?.machine.close());

    const sent = async (name: string): Promise<string> => {
      const subject = unique(name);
      expect(await submit(host, sender, 'pw', sender, to, subject)).toBeNull();
      return cameFrom(receiver, login, subject);
    };
    const file = async (path: string): Promise<string> => (await host.exec(['cat', path])).stdout;
    const outgoing = (ip: string | null, of: string | null = domain) => ({
      kind: 'domains.outgoing' as const,
      domain: of,
      ip,
    });

    test('offered are the addresses that the host has, and no other is taken', async () => {
      const listed = await desk.list();
      expect(listed.outgoing.addresses.map(({ ip }) => ip).sort()).toEqual([host.address, second].sort());
      expect(listed.outgoing.default).toBeNull();
      expect(listed.domainAbilities).toMatchObject({ outgoing: true, outgoingDefault: true });
      for (const bad of ['192.0.2.1', '127.0.0.1', '10.0.0.1; reload', 'fe80::1', '0.0.0.0', '']) {
        await expect(desk.plan(outgoing(bad)), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
      }
      await expect(desk.plan(outgoing(second, 'elsewhere.test'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('mail of the domain leaves from its address, mail of others does not, and undo leaves no trace', async () => {
      const [main, master] = [await file('/etc/postfix/main.cf'), await file('/etc/postfix/master.cf')];
      expect(await sent(`before ${kind}`)).toBe(host.address);
      const set = await desk.change(outgoing(second));
      expect((await desk.list()).domains.find((entry) => entry.domain === domain)?.outgoing).toBe(second);
      expect(await sent(`bound ${kind}`)).toBe(second);
      // a sender of no domain here
      const strange = unique('other');
      expect(
        await host.exec(['sendmail', '-f', 'joe@sink.test', to], { stdin: `Subject: ${strange}\n\nx\n` }),
      ).toMatchObject({ code: 0 });
      expect(await cameFrom(receiver, login, strange)).toBe(host.address);
      const way = (await desk.route(to, sender)).at(-1);
      expect(way?.via).toMatchObject({ outgoing: second, nexthop: to.slice(to.indexOf('@') + 1) });
      expect((await desk.route(to)).at(-1)?.via?.outgoing).toBeNull();
      await desk.undo(set);
      expect(await sent(`after ${kind}`)).toBe(host.address);
      expect(await file('/etc/postfix/main.cf')).toBe(main);
      expect(await file('/etc/postfix/master.cf')).toBe(master);
      expect((await host.exec(['sh', '-c', 'ls /etc/postfix | grep -c postdeck || true'])).stdout.trim()).toBe('0');
    });

    // nothing in it depends on where accounts are kept
    if (kind !== 'passwd-file') return;
    test('the default address holds for every sender without one of its own', async () => {
      const main = await file('/etc/postfix/main.cf');
      const set = await desk.change(outgoing(second, null));
      expect((await desk.list()).outgoing.default).toBe(second);
      expect(await sent(`default ${kind}`)).toBe(second);
      const own = await desk.change(outgoing(host.address));
      expect(await sent(`own ${kind}`)).toBe(host.address);
      await desk.undo(own);
      await desk.undo(set);
      expect(await sent(`none ${kind}`)).toBe(host.address);
      expect(await file('/etc/postfix/main.cf')).toBe(main);
    });
  });

  describe('outgoing addresses of two domains', () => {
    let host: LabHost;
    let desk: Desk;
    let second: string;
    let restore: () => Promise<void>;
    beforeAll(async () => {
      host = lab().host('mx1');
      desk = await Desk.at(host);
      second = host.address.replace(/\.(\d+)$/, '.1$1');
      restore = await keepPostfix(host);
    });
    afterEach(() => restore());
    afterAll(() => desk?.machine.close());
    const outgoing = (domain: string, ip: string | null) => ({ kind: 'domains.outgoing' as const, domain, ip });
    const set = async (): Promise<(string | null)[]> => {
      const { domains } = await desk.list();
      return ['alpha.test', 'beta.test'].map((name) => domains.find(({ domain }) => domain === name)?.outgoing ?? null);
    };

    test('an undo leaves the transport and the table where the other domain has come to use them', async () => {
      const first = await desk.change(outgoing('alpha.test', second));
      await desk.change(outgoing('beta.test', second));
      await desk.undo(first);
      expect(await set()).toEqual([null, second]);
      const subject = unique('two domains');
      expect(await submit(host, 'bob@beta.test', 'pw', 'bob@beta.test', 'bob@gamma.test', subject)).toBeNull();
      expect(await cameFrom(lab().host('mx2'), 'bob@gamma.test', subject)).toBe(second);
      // taken away by hand of this console: the transport goes with its last domain
      const last = await desk.change(outgoing('beta.test', null));
      expect((await host.exec(['postconf', '-M'])).stdout).not.toContain('postdeck-');
      await desk.undo(last);
      expect(await set()).toEqual([null, second]);
      await desk.change(outgoing('beta.test', null));
    });

    test('master.cf changed by somebody else between plan and apply keeps that, and the domain gets its address', async () => {
      const request = outgoing('alpha.test', second);
      const plan = await desk.plan(request);
      await host.exec(['postconf', '-M', 'byhand/unix=byhand unix - - n - - smtp']);
      await desk.apply(request, plan);
      const services = (await host.exec(['postconf', '-M'])).stdout;
      expect(services).toMatch(/^byhand /m);
      expect(services).toContain(`smtp_bind_address=${second}`);
      await desk.change(outgoing('alpha.test', null));
    });

    test('a setting that somebody made between plan and apply is noticed, and nothing is written', async () => {
      const request = outgoing('alpha.test', second);
      const plan = await desk.plan(request);
      await host.exec([
        'sh',
        '-c',
        "echo '@alpha.test relay:' > /etc/postfix/senders && postmap /etc/postfix/senders && postconf -e sender_dependent_default_transport_maps=hash:/etc/postfix/senders",
      ]);
      const other = await Desk.at(host);
      await expect(other.apply(request, plan)).rejects.toMatchObject({ code: 'UNSAFE' });
      await other.machine.close();
      expect((await host.exec(['postconf', '-M'])).stdout).not.toContain('postdeck-');
    });

    test('killed once the new transport runs, nothing leads to it yet, and the same change can be made again', async () => {
      // the reload that follows the first file is the last thing that this script does
      await host.ok([
        'sh',
        '-c',
        `printf '#!/bin/sh\\ncase $1 in reload) /usr/sbin/postfix reload; kill -TERM $PPID ;; *) exec /usr/sbin/postfix "$@" ;; esac\\n' > /usr/local/sbin/postfix && chmod 755 /usr/local/sbin/postfix`,
      ]);
      const request = outgoing('alpha.test', second);
      try {
        await expect(desk.apply(request, await desk.plan(request))).rejects.toMatchObject({ name: 'Failure' });
      } finally {
        await host.exec(['rm', '-f', '/usr/local/sbin/postfix']);
      }
      expect(await set()).toEqual([null, null]);
      expect((await host.exec(['sh', '-c', 'ls /etc/postfix | grep -c postdeck || true'])).stdout.trim()).toBe('0');
      const subject = unique('still from the first');
      expect(await submit(host, 'bob@beta.test', 'pw', 'alice@alpha.test', 'bob@gamma.test', subject)).toBeNull();
      expect(await cameFrom(lab().host('mx2'), 'bob@gamma.test', subject)).toBe(host.address);
      await desk.change(request);
      expect(await set()).toEqual([second, null]);
      await desk.change(outgoing('alpha.test', null));
      expect((await host.exec(['postconf', '-M'])).stdout).not.toContain('postdeck-');
    });

    test('a transport that Postfix does not start is taken back, and mail goes on', async () => {
      const before = (await host.exec(['cat', '/etc/postfix/master.cf'])).stdout;
      // a reload that tells nobody
      await host.exec([
        'sh',
        '-c',
        `printf '#!/bin/sh\\ncase $1 in reload) exit 0 ;; esac\\nexec /usr/sbin/postfix "$@"\\n' > /usr/local/sbin/postfix && chmod 755 /usr/local/sbin/postfix`,
      ]);
      try {
        const request = outgoing('alpha.test', second);
        await expect(desk.apply(request, await desk.plan(request))).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
      } finally {
        await host.exec(['rm', '-f', '/usr/local/sbin/postfix']);
      }
      expect((await host.exec(['cat', '/etc/postfix/master.cf'])).stdout).toBe(before);
      expect(await set()).toEqual([null, null]);
      const subject = unique('goes on');
      expect(await submit(host, 'bob@beta.test', 'pw', 'alice@alpha.test', 'bob@gamma.test', subject)).toBeNull();
      expect(await cameFrom(lab().host('mx2'), 'bob@gamma.test', subject)).toBe(host.address);
    });
  });

  describe('outgoing addresses of both families', () => {
    let host: LabHost;
    let desk: Desk;
    let restore: () => Promise<void>;
    let four: string;
    let six: string;
    /** The two that the host has; routing takes one of them by itself. */
    let sixes: string[];
    let usual: string;
    const hosts = () => [lab().host('mx1'), lab().host('mx2')];

    beforeAll(async () => {
      host = lab().host('mx1');
      desk = await Desk.at(host);
      restore = await keepPostfix(host);
      four = host.address.replace(/\.(\d+)$/, '.1$1');
      const shown = await host.ok(['ip', '-6', '-o', 'addr', 'show', 'dev', 'eth0']);
      const main = /inet6 (fd77:\S+)\/64/.exec(shown)?.[1] ?? '';
      sixes = [main, main.replace(/::(\d+)$/, '::1$1')];
      await host.ok(['ip', '-6', 'addr', 'add', `${sixes[1]}/64`, 'dev', 'eth0', 'nodad']);
      for (const each of hosts()) {
        await each.ok(['postconf', '-e', 'inet_protocols=all']);
        await each.service('restart', 'postfix');
      }
      usual = await sent('ipv6');
      six = sixes.find((ip) => ip !== usual) ?? '';
    }, 90_000);
    afterAll(async () => {
      await restore?.();
      await host?.exec(['ip', '-6', 'addr', 'del', `${sixes[1]}/64`, 'dev', 'eth0']);
      for (const each of hosts()) {
        await each.ok(['postconf', '-e', 'inet_protocols=ipv4']);
        await each.service('restart', 'postfix');
      }
      await desk?.machine.close();
    }, 60_000);

    const outgoing = (ip: string | null) => ({ kind: 'domains.outgoing' as const, domain: 'alpha.test', ip });
    /** Where a message comes from when both ways are open and this family is tried first. */
    const sent = async (family: 'ipv4' | 'ipv6' | 'any'): Promise<string> => {
      await host.ok(['sh', '-c', `postconf -e smtp_address_preference=${family} && postfix reload`]);
      const subject = unique(family);
      expect(await submit(host, 'bob@alpha.test', 'pw', 'bob@alpha.test', 'bob@gamma.test', subject)).toBeNull();
      return cameFrom(lab().host('mx2'), 'bob@gamma.test', subject);
    };

    test('one of each: mail leaves from the one or the other by the way it takes; undo leaves no trace', async () => {
      expect([await sent('ipv4'), await sent('ipv6')]).toEqual([host.address, usual]);
      const master = (await host.exec(['cat', '/etc/postfix/master.cf'])).stdout;
      const plan = await desk.plan(outgoing(`${six}, ${four}`));
      expect(plan.warnings).toEqual([]);
      const set = await desk.change(outgoing(`${six}, ${four}`));
      expect((await desk.list()).domains.find(({ domain }) => domain === 'alpha.test')?.outgoing).toBe(
        `${four},${six}`,
      );
      expect([await sent('ipv4'), await sent('ipv6')]).toEqual([four, six]);
      await desk.undo(set);
      expect((await host.exec(['cat', '/etc/postfix/master.cf'])).stdout).toBe(master);
      expect([await sent('ipv4'), await sent('ipv6')]).toEqual([host.address, usual]);
    });

    test('an IPv6 address alone is taken first; two of one family are refused', async () => {
      const plan = await desk.plan(outgoing(six));
      expect(plan.warnings.map(({ id }) => id)).toEqual(['domains.warn.family']);
      const set = await desk.change(outgoing(six));
      expect(await sent('any')).toBe(six);
      await desk.undo(set);
      for (const bad of [`${four},${host.address}`, `${six},${six}`, `${four},2001:db8::1`, `${four},${six},${four}`]) {
        await expect(desk.plan(outgoing(bad)), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
      }
    });
  });
});
