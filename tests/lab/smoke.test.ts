/**
 * The lab itself: every mail flow and every login the other tests rely on, and that it leaves nothing behind. Longer than
 * usual: each flow stands once.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as tlsConnect } from 'node:tls';
import { Client, type ConnectConfig } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeLab } from './describe.ts';
import { type Lab, LAB_START_TIMEOUT, SECRETS, systemdAvailable, startLab, until, USERS } from './index.ts';
import { instanceName } from './instance.ts';
import { run } from './proc.ts';
import { remains } from './updown.ts';

const unique = (): string => Math.random().toString(36).slice(2, 10);
const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

/** Login on the submission port as alice, sending as her. */
const submission = (password: string = SECRETS.mailbox): string[] =>
  `--port 587 -tls --auth PLAIN --auth-user alice@alpha.test --auth-password ${password} --from alice@alpha.test`.split(
    ' ',
  );

function ssh(config: ConnectConfig): Promise<Client> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve(client)).on('error', reject);
    if (config.tryKeyboard) {
      client.on('keyboard-interactive', (_name, _text, _lang, prompts, answer) =>
        answer(prompts.map(() => String(config.password))),
      );
    }
    client.connect({ port: 22, readyTimeout: 15_000, ...config });
  });
}

function sshExec(client: Client, command: string, stdin = ''): Promise<{ out: string; code: number }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (error) return reject(error);
      let out = '';
      let code = -1;
      stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
      stream.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
      stream.on('exit', (status: number | null) => (code = status ?? -1));
      stream.on('close', () => resolve({ out, code }));
      stream.end(stdin);
    });
  });
}

/** The first line a server sends over TLS; the certificate must be the one the lab says it has. */
function tlsGreeting(host: string, port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host, port, ca, servername: 'mx1.lab.test', timeout: 10_000 });
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString().split('\r\n')[0] ?? '');
      socket.end();
    });
    socket.on('error', reject).on('timeout', () => reject(new Error(`${host}:${port} is silent`)));
  });
}

describeLab('mail flows', (lab) => {
  const mx1 = () => lab().host('mx1');
  const rspamd = async (path: string, options: { body?: string; map?: number } = {}): Promise<unknown> => {
    const headers = { Password: SECRETS.rspamd, ...(options.map !== undefined && { Map: String(options.map) }) };
    const method = options.body === undefined ? 'GET' : 'POST';
    const response = await fetch(`http://${mx1().address}:11334${path}`, { method, headers, body: options.body });
    expect(response.status).toBe(200);
    return response.json();
  };

  test('mail from outside reaches the mailbox', async () => {
    const id = unique();
    const result = await lab().swaks(['--from', 'joe@epsilon.test', '--to', 'alice@alpha.test', '--h-Subject', id]);
    expect(result.stdout).toContain('250 2.0.0 Ok: queued as');
    expect(await mx1().waitForMail('alice@alpha.test', 'INBOX', 'header', 'subject', id)).toHaveLength(1);
  });

  test('mail goes by submission from host to host', async () => {
    const id = unique();
    await lab().swaks([...submission(), '--to', 'bob@gamma.test', '--h-Subject', id]);
    expect(await lab().host('mx2').waitForMail('bob@gamma.test', 'INBOX', 'header', 'subject', id)).toHaveLength(1);
  });

  test.each([
    ['a wrong password', [...submission('nope'), '--to', 'bob@gamma.test'], '535 5.7.8'],
    ['relaying', ['--from', 'a@epsilon.test', '--to', 'x@other.test'], '454 4.7.1'],
    ['an unknown recipient', ['--from', 'a@epsilon.test', '--to', 'nosuch@alpha.test'], '550 5.1.1'],
    ['spam', ['--from', 'a@epsilon.test', '--to', 'bob@alpha.test', '--body', GTUBE], '554 5.7.1 Gtube'],
  ])('%s is refused', async (_what, args, answer) => {
    expect((await lab().swaks(args)).stdout).toContain(answer);
  });

  test('a host that refuses makes mail deferred, and a held message is delivered once released', async () => {
    const id = unique();
    await mx1().inject({ from: 'bob@alpha.test', to: [`a${id}@down.test`] });
    await mx1().inject({ from: 'bob@alpha.test', to: `h${id}@gamma.test`, headers: { 'X-Hold-Me': '1' } });
    const find = async (recipient: string, queue: string) =>
      (await mx1().queue()).find((m) => m.queue_name === queue && m.recipients[0]?.address === recipient);
    const deferred = await until(() => find(`a${id}@down.test`, 'deferred'), 'the deferred message');
    expect(deferred.recipients[0]?.delay_reason).toContain('Connection refused');
    const held = await until(() => find(`h${id}@gamma.test`, 'hold'), 'the held message');

    expect(await mx1().ok(['postcat', '-q', deferred.queue_id])).toContain('*** ENVELOPE RECORDS deferred/');
    expect((await mx1().exec(['postsuper', '-d', deferred.queue_id])).stderr).toContain(
      `${deferred.queue_id}: removed`,
    );
    const again = await mx1().exec(['postsuper', '-d', deferred.queue_id]);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('Deleted: 0 messages')]);

    expect((await mx1().exec(['postsuper', '-H', held.queue_id])).stderr).toContain('released from hold');
    await mx1().ok(['postqueue', '-f']);
    await until(
      async () => !(await mx1().queue()).some((m) => m.recipients[0]?.address.startsWith(`h${id}`)),
      'delivery',
    );
  });

  test('a bounce comes back to the sender', async () => {
    await mx1().inject({ from: 'carol@alpha.test', to: `nobody${unique()}@gamma.test` });
    await mx1().waitForMail('carol@alpha.test', 'INBOX', 'header', 'subject', 'Undelivered Mail');
  });

  test('mail for sink.test leaves the servers', async () => {
    const id = unique();
    await mx1().inject({ from: 'bob@alpha.test', to: 'x@sink.test', subject: id });
    const sunk = () =>
      lab()
        .host('cli')
        .exec(['grep', '-rl', `Subject: ${id}`, '/var/spool/sink']);
    await until(async () => (await sunk()).code === 0, 'the message in the sink');
  });

  test('Sieve files into a folder', async () => {
    const id = unique();
    const script =
      'require ["fileinto","mailbox"];\nif header :contains "subject" "inv-" { fileinto :create "Invoices"; }\n';
    await mx1().ok(['doveadm', 'sieve', 'put', '-u', 'bob@alpha.test', '-a', 't'], { stdin: script });
    await lab().swaks(['--from', 'joe@epsilon.test', '--to', 'bob@alpha.test', '--h-Subject', `inv-${id}`]);
    await mx1().waitForMail('bob@alpha.test', 'Invoices', 'header', 'subject', `inv-${id}`);
  });

  test('an archive copy is made', async () => {
    const id = unique();
    await mx1().sh('postconf -e recipient_bcc_maps=static:archive@alpha.test; postfix reload 2> /dev/null');
    await lab().swaks(['--from', 'joe@epsilon.test', '--to', 'bob@alpha.test', '--h-Subject', id]);
    await mx1().waitForMail('archive@alpha.test', 'INBOX', 'header', 'subject', id);
  });

  test('an address on an rspamd map is greylisted', async () => {
    const maps = (await rspamd('/maps')) as { map: number; description: string }[];
    const map = maps.find((m) => m.description.includes('lab ip'))?.map;
    const client = lab().clientAddresses.bannable[2];
    expect(await rspamd('/savemap', { body: client, map })).toEqual({ success: true });
    const refused = async () => {
      const args = ['--local-interface', client, '--from', `a${unique()}@epsilon.test`, '--to', 'bob@alpha.test'];
      return (await lab().swaks([...args, '--body', unique()])).stdout.includes('451 4.7.1 Try again later');
    };
    await until(refused, 'the map to act', 10_000);
  });

  test('nftables shuts one client out', async () => {
    const client = lab().clientAddresses.bannable[0];
    await mx1().ok(['nft', 'add', 'element', 'inet', 'site', 'mailblock4', `{ ${client} timeout 1m }`]);
    const args = ['--local-interface', client, '--from', 'a@epsilon.test', '--to', 'bob@alpha.test'];
    expect((await lab().swaks(args)).stdout + (await lab().swaks(args)).stderr).toMatch(/refused/i);
  });

  test('fail2ban bans after three failures', async () => {
    const client = lab().clientAddresses.bannable[1];
    for (let i = 0; i < 3; i++) {
      await lab().swaks(['--local-interface', client, ...submission('bad'), '--to', 'b@b.test'], { timeout: 5000 });
    }
    const banned = () => mx1().ok(['fail2ban-client', 'get', 'postfix', 'banip']);
    await until(async () => (await banned()).includes(client), 'the ban', 20_000);
  });

  test('the doveadm HTTP API answers', async () => {
    const authorization = `X-Dovecot-API ${Buffer.from(SECRETS.doveadmApiKey).toString('base64')}`;
    const body = JSON.stringify([['user', { userMask: ['*'] }, 't']]);
    const url = `http://${mx1().address}:8080/doveadm/v1`;
    const response = await fetch(url, { method: 'POST', headers: { Authorization: authorization }, body });
    expect(await response.text()).toContain('alice@alpha.test');
  });

  test.each([
    [993, /^\* OK/],
    [995, /^\+OK/],
    [465, /^220 mx1\.lab\.test/],
  ])('port %i greets over TLS with the known certificate', async (port, greeting) => {
    expect(await tlsGreeting(mx1().address, port, mx1().certificate)).toMatch(greeting);
  });

  test('reset puts settings, services, mail and bans back', async () => {
    await mx1().sh('postconf -e message_size_limit=4711; useradd intruder; doveadm stop; nft add table inet foreign');
    await mx1().fillQueue(5);
    await lab().reset();
    expect(await mx1().ok(['postconf', '-n', 'message_size_limit', 'recipient_bcc_maps'])).toBe('');
    expect((await mx1().exec(['id', 'intruder'])).code).toBe(1);
    expect(await mx1().queue()).toEqual([]);
    expect(await mx1().search('archive@alpha.test', 'INBOX', 'ALL')).toEqual([]);
    expect(await mx1().ok(['fail2ban-client', 'get', 'postfix', 'banip'])).not.toMatch(/\d/);
    expect(await mx1().ok(['nft', 'list', 'ruleset'])).toMatch(/^(?![^]*foreign)[^]*table inet site/);
  });
});

describeLab('filled queues', (lab) => {
  const mx1 = () => lab().host('mx1');

  test('a written message has the records of one Postfix queued itself', async () => {
    const shape = async (id: string): Promise<string[]> => {
      const records = await mx1().ok(['postcat', '-q', id]);
      return records
        .replace(/(?<=MESSAGE CONTENTS .*\n)[^]*(?=\*\*\* HEADER EXTRACTED)/, '')
        .replace(/^(\*\*\* [A-Z ]+) .*$/gm, '$1')
        .split('\n')
        .map((line) => /^(\*\*\*.*|named_attribute: \w+|[a-z_]+)/.exec(line)?.[0] ?? '');
    };
    await mx1().inject({ from: 'bob@alpha.test', to: ['real1@down.test', 'real2@down.test'] });
    const real = await until(async () => (await mx1().queue()).find((m) => m.queue_name === 'deferred'), 'deferral');
    const [written = ''] = await mx1().fillQueue(1, {
      recipientsPerMessage: 2,
      recipients: ['real1@down.test', 'real2@down.test'],
    });
    expect(await shape(written)).toEqual(await shape(real.queue_id));
    // the offset of each recipient's record, which Postfix uses to mark it done, is right
    const offsets = (id: string) =>
      mx1().sh(
        `python3 - "$1" << 'X'
import glob, re, sys
f = open(glob.glob('/var/spool/postfix/deferred/*/' + sys.argv[1])[0], 'rb').read()
log = open(glob.glob('/var/spool/postfix/defer/*/' + sys.argv[1])[0]).read()
print([f[int(o):int(o) + 1] for o in re.findall(r'^offset=(\\d+)', log, re.M)])
X`,
        id,
      );
    expect(await offsets(written)).toBe(await offsets(real.queue_id));
    await mx1().purgeQueue();
  });

  test('Postfix holds, releases and delivers written messages', async () => {
    const ids = await mx1().fillQueue(20, { queue: 'hold', recipients: ['alice@alpha.test'], subject: 'filled {n}' });
    expect((await mx1().queue()).filter((m) => m.queue_name === 'hold')).toHaveLength(20);
    await mx1().ok(['postsuper', '-H', '-'], { stdin: ids.join('\n') });
    await mx1().ok(['postqueue', '-f']);
    await mx1().waitForMail('alice@alpha.test', 'INBOX', 'header', 'subject', 'filled 20');
    await until(async () => (await mx1().queue()).length === 0, 'the queue to be empty');
    expect(await mx1().search('alice@alpha.test', 'INBOX', 'header', 'subject', 'filled')).toHaveLength(20);
  });

  test('a written deferred message is tried again on request, and deferred again', async () => {
    const [id = ''] = await mx1().fillQueue(1, {
      reasons: ['connect to down.lab.test[192.0.2.1]:25: Network is unreachable'],
    });
    await mx1().ok(['postqueue', '-i', id]);
    const reason = async () => (await mx1().queue()).find((m) => m.queue_id === id)?.recipients[0]?.delay_reason;
    await until(async () => (await reason())?.includes('Connection refused'), 'the new reason');
    await mx1().purgeQueue();
  });

  test('ten thousand deferred messages are there with senders, reasons and ages', async () => {
    const ids = await mx1().fillQueue(10_000);
    const queue = await mx1().queue();
    expect(new Set(queue.map((m) => m.queue_id))).toEqual(new Set(ids));
    expect(new Set(queue.map((m) => m.sender)).size).toBe(20);
    expect(new Set(queue.map((m) => m.recipients[0]?.delay_reason)).size).toBe(4);
    const ages = queue.map((m) => m.arrival_time);
    expect(Math.max(...ages) - Math.min(...ages)).toBeGreaterThan(86_000);
    await mx1().purgeQueue();
  });
});

describeLab('logins', (lab) => {
  const key = () => readFileSync(lab().host('mx1').keyFile);
  const at = (host: 'mx1' | 'mx2' | 'cli', config: ConnectConfig) => ssh({ host: lab().host(host).address, ...config });

  test.each(['root', 'ops', 'opsn', 'plain', 'limited'])('%s logs in by key and by password', async (username) => {
    for (const config of [{ privateKey: key() }, { password: USERS[username as keyof typeof USERS].password }]) {
      const client = await at('mx1', { username, ...config });
      expect(await sshExec(client, 'id -un')).toEqual({ out: `${username}\n`, code: 0 });
      client.end();
    }
  });

  test('the host key is the one the lab tells', async () => {
    const seen = new Set<string>();
    const hostVerifier = (raw: Buffer): boolean => {
      seen.add(`SHA256:${createHash('sha256').update(raw).digest('base64').replace(/=+$/, '')}`);
      return true;
    };
    const client = await at('mx1', { username: 'root', privateKey: key(), hostVerifier });
    client.end();
    const told = lab()
      .host('mx1')
      .hostKeys.map((hostKey) => hostKey.fingerprint);
    expect(told).toEqual(expect.arrayContaining([...seen]));
  });

  test('kbd logs in by keyboard-interactive only', async () => {
    const { password } = USERS.kbd;
    await expect(at('mx1', { username: 'kbd', password })).rejects.toThrow(/authentication/);
    const client = await at('mx1', {
      username: 'kbd',
      password,
      tryKeyboard: true,
      authHandler: ['keyboard-interactive'],
    });
    expect((await sshExec(client, 'true')).code).toBe(0);
    client.end();
  });

  test('the encrypted key opens with its passphrase', async () => {
    const privateKey = readFileSync(lab().encryptedKey);
    const client = await at('mx2', { username: 'ops', privateKey, passphrase: SECRETS.encryptedKey });
    client.end();
    await expect(at('mx2', { username: 'ops', privateKey, passphrase: 'wrong' })).rejects.toThrow();
  });

  test('mx2 is reached through cli as a jump host', async () => {
    const jump = await at('cli', { username: 'ops', privateKey: key() });
    const sock = await new Promise<ConnectConfig['sock']>((resolve, reject) => {
      jump.forwardOut('127.0.0.1', 0, lab().host('mx2').address, 22, (error, stream) =>
        error ? reject(error) : resolve(stream),
      );
    });
    const client = await ssh({ sock, username: 'root', privateKey: key() });
    expect(await sshExec(client, 'hostname')).toEqual({ out: 'mx2.lab.test\n', code: 0 });
    client.end();
    jump.end();
  });

  test('sudo asks ops for the password, opsn for none, and refuses plain', async () => {
    const sudo = async (username: string, command: string, stdin?: string) => {
      const client = await at('mx1', { username, privateKey: key() });
      const result = await sshExec(client, command, stdin);
      client.end();
      return result;
    };
    expect((await sudo('ops', 'sudo -n id -u')).out).toContain('a password is required');
    expect(await sudo('ops', "sudo -S -p '' -k id -u", `${USERS.ops.password}\n`)).toEqual({ out: '0\n', code: 0 });
    expect(await sudo('opsn', 'sudo -n id -u')).toEqual({ out: '0\n', code: 0 });
    expect((await sudo('plain', 'sudo -n id -u')).code).toBe(1);
  });
});

const available = systemdAvailable();
const why = available.ok ? {} : { reason: available.why };
describe('hosts with systemd', { skip: !available.ok, meta: why }, () => {
  const name = `${instanceName()}s`; // beside the lab the other tests use
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ name, hosts: ['dns', 'mx1', 'mx3'], init: 'systemd' });
  }, LAB_START_TIMEOUT);
  afterAll(async () => {
    await lab?.down();
  });

  test.each(['mx1', 'mx3'] as const)('%s runs, with no failed unit', async (host) => {
    const state = async () => (await lab.host(host).exec(['systemctl', 'is-system-running'])).stdout.trim();
    await until(async () => (await state()) !== 'starting', 'the end of the boot');
    expect(await lab.host(host).ok(['systemctl', '--failed', '--no-legend'])).toBe('');
    expect(await state()).toBe('running');
  });

  test('mx3 has its mail log in the journal, and only there', async () => {
    const mx3 = lab.host('mx3');
    const [id = ''] = await mx3.inject({ from: 'bob@epsilon.test', to: 'alice@epsilon.test' });
    await mx3.waitForMail('alice@epsilon.test', 'INBOX', 'header', 'message-id', id);
    type Entry = { MESSAGE: string; SYSLOG_IDENTIFIER: string; __CURSOR: string };
    const read = async (): Promise<Entry[]> => {
      const text = await mx3.ok(['journalctl', '-o', 'json', '--no-pager', '-u', 'postfix@-']);
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Entry);
    };
    const entry = await until(async () => (await read()).find((e) => e.MESSAGE.includes(id)), 'the journal entry');
    expect(entry.SYSLOG_IDENTIFIER).toBe('postfix/cleanup');
    expect((await mx3.exec(['test', '-e', '/var/log/mail.log'])).code).toBe(1);
  });

  test('systemctl restarts Postfix', async () => {
    // Debian's unit has no MainPID
    const pid = () => lab.host('mx1').read('/var/spool/postfix/pid/master.pid');
    const before = await pid();
    expect(await lab.host('mx1').service('restart', 'postfix')).toBe(true);
    expect(await pid()).not.toBe(before);
  });

  test('fail2ban on mx3 reads the journal', async () => {
    const status = await lab.host('mx3').ok(['fail2ban-client', 'status', 'postfix']);
    expect(status).toContain('_SYSTEMD_UNIT=postfix@-.service');
  });

  test('reset works there too', async () => {
    await lab.host('mx1').sh('postconf -e message_size_limit=4711; systemctl stop dovecot');
    await lab.reset();
    expect(await lab.host('mx1').ok(['postconf', '-n', 'message_size_limit'])).toBe('');
    expect(await lab.host('mx1').service('status', 'dovecot')).toBe(true);
  });

  test('down leaves no process, mount, cgroup or interface', async () => {
    await lab.down();
    expect(await remains(name)).toEqual([]);
    expect((await run(['ip', '-o', 'link'])).stdout).not.toContain(`${name}-up`);
  });
});
