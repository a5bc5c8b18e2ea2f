/**
 * Changes of accounts in PostgreSQL that are cut off between the last statement and the commit: by the client's end, the
 * session's, the whole database's, the script's. Nothing may be half written, and the same change must go through after.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { until } from '../lab/index.ts';
import { Desk, use } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { canLogIn } from './mail-check.ts';

/** psql that stops before the commit, with all the rest done, until the pipe lets it go on. */
const HALTING = `#!/bin/sh
case $* in *qc*) exec /usr/bin/psql "$@" ;; esac
in=$(cat)
case $in in *BEGIN\\;*) ;; *) printf '%s\\n' "$in" | /usr/bin/psql "$@"; exit ;; esac
{ printf '%s\\n' "$in" | sed '/^COMMIT;$/,$d'; cat /run/pd-halt; echo 'COMMIT;'; } |
  sh -c 'echo $$ > /tmp/pd-client; exec /usr/bin/psql "$@"' psql "$@"
`;

describeAccountsLab('changes in PostgreSQL that are cut off', (lab) => {
  const domain = 'gamma.test';
  const [frank, fritz] = [`frank@${domain}`, `fritz@${domain}`];
  const rename = { kind: 'accounts.rename' as const, address: frank, to: fritz, alias: true };
  let host: LabHost;
  let desk: Desk;
  let added: string;

  const sql = async (statement: string): Promise<string> =>
    (
      await host.ok(['runuser', '-u', 'postgres', '--', '/usr/bin/psql', '-XAtq', '-d', 'postfix', '-c', statement])
    ).trim();
  const rows = async (): Promise<string> =>
    `${await sql('SELECT username, password, name, maildir, quota, active FROM mailbox ORDER BY username')}\n${await sql('SELECT address, goto, domain, active FROM alias ORDER BY address')}`;
  /** The session that has done everything but the commit. */
  const halted = (): Promise<string> =>
    until(
      async () =>
        (await sql(
          "SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction' AND query ~ 'GET DIAGNOSTICS'",
        )) || undefined,
      'the transaction to wait for its commit',
    );
  const letGo = () => host.ok(['sh', '-c', ': <> /run/pd-halt']);

  beforeAll(async () => {
    host = lab().host('mx2');
    await use(host, 'pgsql');
    desk = await Desk.at(host);
    const account = { address: frank, name: 'Frank', quota: null, expires: null };
    added = await desk.change({ kind: 'accounts.add', accounts: [account], secretId: 'x' }, { [frank]: 'Frank-1' });
    await host.ok(['mkfifo', '-m', '644', '/run/pd-halt']);
  }, 240_000);
  afterEach(async () => {
    await host.ok(['rm', '-f', '/usr/local/sbin/psql']);
    await letGo();
  });
  afterAll(async () => {
    await host?.exec(['rm', '-f', '/run/pd-halt', '/tmp/pd-client']);
    await desk?.undo(added);
    await desk?.machine.close();
  }, 90_000);

  test.each([
    ['its client is killed', 'kill -KILL CLIENT'],
    ['its session is ended by the database', 'END-SESSION'],
    ['the database crashes', 'kill -KILL SESSION'],
    ['the script and all below it are killed', 'kill -KILL -$(ps -o pgid= -p CLIENT | tr -d " ")'],
  ])('%s', async (_, how) => {
    const before = await rows();
    await host.ok(['sh', '-c', 'cat > /usr/local/sbin/psql && chmod 755 /usr/local/sbin/psql'], { stdin: HALTING });
    const plan = await desk.plan(rename);
    const applied = desk.apply(rename, plan).then(
      () => 'done',
      (error: unknown) => (error as { name: string }).name,
    );
    const pid = await halted();
    // the rows are written, for the transaction alone
    expect(await rows()).toBe(before);
    if (how === 'END-SESSION') await sql(`SELECT pg_terminate_backend(${pid})`);
    else {
      const client = (await host.ok(['cat', '/tmp/pd-client'])).trim();
      await host.ok(['sh', '-c', how.replace('SESSION', pid).replace('CLIENT', client)]);
    }
    await letGo();
    expect(await applied).toBe('Failure');
    await host.ok(['rm', '-f', '/usr/local/sbin/psql']);
    await until(async () => (await host.exec(['pg_isready', '-q'])).code === 0 || undefined, 'the database to be back');
    expect(await rows()).toBe(before);
    // Dovecot takes a moment to find a database again that crashed
    await until(() => canLogIn(host, frank, 'Frank-1'), 'the login under the old name');
    expect(await canLogIn(host, fritz, 'Frank-1')).toBe(false);
    // nothing stands in the way of the same change
    const renamed = await desk.change(rename);
    expect([await canLogIn(host, frank, 'Frank-1'), await canLogIn(host, fritz, 'Frank-1')]).toEqual([false, true]);
    await desk.undo(renamed);
    expect(await rows()).toBe(before);
  });
});
