/** One host of a running lab, as a test sees it: where it is, how to log in, and what can be done on it from outside. */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { address, DOMAINS, type HostName, type Init, type InstanceRecord, runDir } from './instance.ts';
import { containerOf, dockerDir } from './docker.ts';
import { run, type RunResult, until } from './proc.ts';

export type ExecOptions = {
  stdin?: string | Buffer;
  /** Milliseconds until the command is ended inside the host and the result has code 124. Default 60,000. */
  timeout?: number;
  /** Run as this user with a login environment instead of root. */
  user?: string;
};

export type HostKey = {
  type: string;
  /** The key as in known_hosts, base64. */
  key: string;
  /** As OpenSSH prints it: `SHA256:…`. */
  fingerprint: string;
  /** A whole known_hosts line for this host's address. */
  knownHosts: string;
};

export type InjectOptions = {
  from: string;
  to: string | readonly string[];
  subject?: string;
  body?: string;
  headers?: Record<string, string>;
  /** How many messages; `{n}` in from, to, subject and body becomes 1, 2, … Default 1. */
  count?: number;
};

export type FillOptions = {
  /** deferred: waiting for a retry, with the reason a failed delivery leaves. hold: put on hold. Default deferred. */
  queue?: 'deferred' | 'hold';
  /** Envelope senders, used in turn; '' is the null sender. Default: 20 at this host's first domain. */
  senders?: readonly string[];
  /** Recipients, used in turn; `{n}` becomes the message's number. Default: at five domains whose host refuses. */
  recipients?: readonly string[];
  /** Recipients per message. Default 1. */
  recipientsPerMessage?: number;
  /** Subject; `{n}` becomes the message's number. Default `queued message {n}`. */
  subject?: string;
  /** Why delivery failed, used in turn (deferred only). Default: four reasons as Postfix words them. */
  reasons?: readonly string[];
  /** Bytes of body, used in turn. Default: 200 to 20,000 in six steps. */
  sizes?: readonly number[];
  /** The oldest message arrived this many seconds ago, the others evenly since. Default 86,400. */
  spread?: number;
};

export type QueueEntry = {
  queue_name: string;
  queue_id: string;
  arrival_time: number;
  message_size: number;
  forced_expire: boolean;
  sender: string;
  recipients: { address: string; delay_reason?: string }[];
};

export class LabHost {
  readonly name: HostName;
  readonly address: string;
  readonly port = 22;
  readonly init: Init;
  /** Private key that root, ops, opsn, plain and limited accept. */
  readonly keyFile: string;
  readonly domains: readonly string[];
  readonly #pid: number;
  readonly #docker: boolean;
  readonly #runDir: string;

  constructor(record: InstanceRecord, name: HostName) {
    const host = record.hosts[name];
    if (host === undefined) throw new Error(`lab "${record.name}" has no host ${name}`);
    this.name = name;
    this.address = address(record.net, name);
    this.init = host.init;
    this.domains = DOMAINS[name];
    this.#pid = host.proc.pid;
    this.#docker = record.docker === true;
    this.#runDir = this.#docker ? dockerDir() : runDir(record.name);
    this.keyFile = join(this.#runDir, 'id_ed25519');
  }

  /** Public host keys of this host's sshd; the same across `down` and `up`. Empty for dns, which has no sshd. */
  get hostKeys(): HostKey[] {
    return ['ed25519', 'rsa'].flatMap((kind) => {
      const file = join(this.#runDir, `${this.name}.hostkey_${kind}.pub`);
      if (!existsSync(file)) return [];
      const [type = '', key = ''] = readFileSync(file, 'utf8').split(' ');
      const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '');
      return [{ type, key, fingerprint: `SHA256:${digest}`, knownHosts: `${this.address} ${type} ${key}` }];
    });
  }

  /** PEM of the certificate this host's SMTP, IMAP and POP3 show (self-signed, kept across `down` and `up`). */
  get certificate(): string {
    const net = this.address.split('.').slice(0, 3).join('.');
    return readFileSync(join(this.#runDir, `${this.name}.${net}.crt`), 'utf8');
  }

  /** The argv that runs a program inside this host from outside. */
  enter(argv: readonly string[]): string[] {
    const namespaces = ['nsenter', '-t', String(this.#pid), '-m', '-u', '-i', '-n', '-p', '--'];
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const env = ['env', '-i', 'HOME=/root', `PATH=${path}`, 'LANG=C.UTF-8', `TERM=${process.env.TERM ?? 'dumb'}`];
    const container = ['docker', 'exec', '--interactive', containerOf(this.name)];
    return [...(this.#docker ? container : namespaces), ...env, ...argv];
  }

  /** Runs a program inside the host, as root, without a shell. Any exit code is a result; see {@link ok}. */
  exec(argv: readonly string[], options: ExecOptions = {}): Promise<RunResult> {
    const seconds = Math.ceil((options.timeout ?? 60_000) / 1000);
    const asUser =
      options.user === undefined
        ? []
        : ['setpriv', '--reuid', options.user, '--regid', options.user, '--init-groups', '--reset-env'];
    // `timeout` ends the program where it runs: ending nsenter out here would leave it behind
    const limited = ['timeout', '--kill-after=2', String(seconds), ...asUser, ...argv];
    return run(this.enter(limited), { stdin: options.stdin, timeout: (seconds + 10) * 1000 });
  }

  /** Like {@link exec}, but gives stdout, and fails with the program's own words on a code other than 0. */
  async ok(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const { stdout, stderr, code } = await this.exec(argv, options);
    if (code !== 0) throw new Error(`${this.name}: ${argv.join(' ')}: exit ${code}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Runs a script by `bash -eu` inside the host, given over stdin; arguments are $1, $2, … Gives stdout. */
  sh(script: string, ...args: string[]): Promise<string> {
    return this.ok(['bash', '-eu', '-s', '--', ...args], { stdin: script });
  }

  /** Runs a program with this terminal attached (`lab in`); resolves to its exit code. */
  attach(argv: readonly string[]): Promise<number> {
    const [file = '', ...args] = this.enter(argv);
    const child = spawn(file, args, { stdio: 'inherit' });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
    });
  }

  read(path: string): Promise<string> {
    return this.ok(['cat', path]);
  }

  /** Writes a file over stdin, keeping owner and mode when it exists. */
  async write(path: string, text: string | Buffer): Promise<void> {
    await this.ok(['sh', '-c', 'cat > "$0"', path], { stdin: text });
  }

  /** start, stop, restart, reload or status of a service, whichever init this host runs. True when it went well. */
  async service(verb: 'start' | 'stop' | 'restart' | 'reload' | 'status', name: string): Promise<boolean> {
    return (await this.exec(['/lab/host/svc.sh', verb, name])).code === 0;
  }

  /**
   * Submits real messages through this host's sendmail, each with a Message-ID of its own; returns those ids in order.
   * About 100 messages a second. For thousands in the queue see {@link fillQueue}.
   */
  async inject(options: InjectOptions): Promise<string[]> {
    const to = typeof options.to === 'string' ? [options.to] : [...options.to];
    const stdin = JSON.stringify({ ...options, to });
    return JSON.parse(await this.ok(['/lab/host/inject.py'], { stdin, timeout: 600_000 })) as string[];
  }

  /**
   * Puts n messages into the deferred or hold queue and returns their queue ids, oldest first. The queue files are
   * written directly, in the format and with the attributes Postfix itself writes (the lab's smoke test compares them
   * with real ones and delivers some), because a real delivery attempt per message takes minutes at 50,000.
   * Deferred ones are not retried by themselves for a day.
   */
  async fillQueue(n: number, options: FillOptions = {}): Promise<string[]> {
    const stdin = JSON.stringify({ ...options, count: n, domain: this.domains[0] });
    return (await this.ok(['/lab/host/fill-queue.py'], { stdin, timeout: 600_000 })).split('\n').filter(Boolean);
  }

  /** The queue as `postqueue -j` tells it. */
  async queue(): Promise<QueueEntry[]> {
    const lines = (await this.ok(['postqueue', '-j'])).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as QueueEntry);
  }

  /** Deletes every message in every queue and returns when the queue is seen empty. */
  async purgeQueue(): Promise<void> {
    // a delivery under way may still put a bounce in after the first round
    await until(
      async () => {
        await this.exec(['postsuper', '-d', 'ALL']);
        return (await this.ok(['postqueue', '-j'])) === '';
      },
      `${this.name}'s queue to be empty`,
      20_000,
    );
  }

  /** Messages in a mailbox, as doveadm search terms find them (e.g. `header subject hello`): uid and guid each. */
  async search(user: string, mailbox: string, ...query: string[]): Promise<{ guid: string; uid: string }[]> {
    const { stdout, code } = await this.exec(['doveadm', 'search', '-u', user, 'mailbox', mailbox, ...query]);
    if (code !== 0) return []; // no such mailbox yet
    return stdout.split('\n').flatMap((line) => {
      const [guid, uid] = line.split(' ');
      return guid && uid ? [{ guid, uid }] : [];
    });
  }

  /** Waits until a mailbox holds a message that matches, and returns what was found. */
  waitForMail(user: string, mailbox: string, ...query: string[]): Promise<{ guid: string; uid: string }[]> {
    const ask = async () => {
      const found = await this.search(user, mailbox, ...query);
      return found.length > 0 ? found : undefined;
    };
    return until(ask, `${query.join(' ')} in ${user} ${mailbox} on ${this.name}`);
  }

  /**
   * Puts this host back as it was right after its start: settings under /etc (with a reload of what they belong to),
   * home directories, stopped services, queue, mailboxes, bans, nftables tables, rspamd's maps, statistics and greylist.
   * Log files stay, unless `logs` is true: then they are emptied. Takes about a second.
   */
  async reset(options: { logs?: boolean } = {}): Promise<void> {
    await this.ok(['/lab/host/reset.sh', options.logs ? 'logs' : 'keep-logs'], { timeout: 120_000 });
  }
}
