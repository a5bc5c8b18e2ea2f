import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { compose } from '#core/compose.ts';
import type { Console } from '#core/console.ts';
import { startLab } from '../lab/index.ts';
import type { LabHost } from '../lab/host.ts';
import type { Suite } from './bench.ts';
import { BareSsh } from './queue.ts';
import { median, type Row, seconds, timed } from './report.ts';

const LISTED = 20_000;
const IMPORTED = 10_000;
const ROUNDS = 3;

type Client = RouterClient<Console['router']>;

/** What an administrator would write for the same CSV: hash all passwords in one process, append, rename, postmap. */
const EXPERT = `set -e; cd /root; cat > in.csv
cut -d, -f2 in.csv | openssl passwd -5 -stdin > hashes
cp -p /etc/dovecot/users users.new; cp -p /etc/postfix/vmailbox vmailbox.new
paste -d, in.csv hashes | awk -F, '{ split($1, a, "@"); print $1 ":{SHA256-CRYPT}" $3 ":5000:5000::/var/vmail/" a[2] "/" a[1] "::userdb_quota_rule=*:storage=1G" }' >> users.new
awk -F, '{ split($1, a, "@"); print $1 " " a[2] "/" a[1] "/" }' in.csv >> vmailbox.new
mv users.new /etc/dovecot/users; mv vmailbox.new /etc/postfix/vmailbox; postmap hash:/etc/postfix/vmailbox; rm -f in.csv hashes`;

/** Accounts with a mailbox of one message's index each would take minutes to make: these have none yet. */
async function seed(host: LabHost, count: number): Promise<void> {
  const script = `set -e; cd /etc/dovecot; grep -v '^seed' users > /root/u || true; grep -v '^seed\\|^new' /etc/postfix/vmailbox > /root/v || true
h=$(openssl passwd -5 -salt labsaltlabsalt pw)
seq ${count} | awk -v h="$h" '{ print "seed" $1 "@alpha.test:{SHA256-CRYPT}" h ":5000:5000::/var/vmail/alpha.test/seed" $1 "::userdb_quota_rule=*:storage=50M" }' >> /root/u
seq ${count} | awk '{ print "seed" $1 "@alpha.test alpha.test/seed" $1 "/" }' >> /root/v
grep -v '^new' /root/u > users; cat /root/v > /etc/postfix/vmailbox; postmap hash:/etc/postfix/vmailbox; rm -rf /var/vmail/alpha.test/new*; sleep 1.1`;
  const done = await host.exec(['bash', '-c', script], { timeout: 120_000 });
  if (done.code !== 0) throw new Error(`seed: ${done.stderr}`);
}

async function importAll(client: Client, serverId: string, csv: string): Promise<{ ms: number; check: number }> {
  const checked = await timed(() => client.accounts.checkImport({ serverId, what: 'accounts', csv }));
  const { secretId, accounts, problemsTotal } = checked.value;
  if (secretId === null || problemsTotal > 0) throw new Error(`${problemsTotal} problems`);
  const applied = await timed(async () => {
    const plan = await client.changes.plan({ request: { kind: 'accounts.add', serverId, accounts, secretId } });
    const { changeId, job } = await client.changes.apply({ planId: plan.id, understood: true });
    for await (const jobs of await client.jobs.watch()) {
      const now = jobs.find(({ id }) => id === job.id);
      if (now && now.state !== 'running' && now.state !== 'cancelling') break;
    }
    return client.changes.show({ changeId });
  });
  const { status, verified, notes } = applied.value;
  if (status !== 'done' || verified !== true) throw new Error(`${status} ${String(verified)} ${JSON.stringify(notes)}`);
  return { ms: checked.ms + applied.ms, check: checked.ms };
}

export const accounts: Suite = {
  title: 'Accounts of a real server over SSH',
  method:
    `A lab host with Dovecot (passwd-file) and Postfix (hash), reached over a virtual network link of the same machine. Listing: ${LISTED} accounts with used space, ` +
    'against `ssh HOST doveadm quota get -A` (OpenSSH, connection kept open, output discarded). Import: ' +
    `${IMPORTED} rows of CSV, against one script over ssh that hashes (openssl passwd), appends, renames and runs postmap; ` +
    'ours judges every row, plans, checks for edits by others, keeps a record to undo from, waits until Dovecot answers from the new file, and reads back.',
  async run() {
    const lab = await startLab({ name: process.env.POSTDECK_LAB_NAME ?? 'bench', hosts: ['dns', 'mx1'] });
    const host = lab.host('mx1');
    const folder = mkdtempSync(join(tmpdir(), 'postdeck-bench-'));
    const bare = new BareSsh(host, folder);
    const postdeck = await compose({
      dataDir: join(folder, 'data'),
      door: 'cli',
      version: '0.0.0-bench',
      keychain: null,
    });
    const client = createRouterClient(postdeck.router, { context: { access: 'write' } });
    try {
      const { id: serverId } = await client.servers.add({
        name: 'bench',
        ssh: {
          host: host.address,
          port: 22,
          user: 'root',
          identityFile: host.keyFile,
          hostKey: host.hostKeys.find((key) => key.type === 'ssh-ed25519')?.fingerprint ?? null,
        },
      });
      await client.servers.test({ serverId });
      await seed(host, LISTED);
      const listed = { bare: [] as number[], ours: [] as number[], plain: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        const theirs = await bare.run(['doveadm', '-f', 'tab', 'quota', 'get', '-A']);
        const own = await timed(() => client.accounts.list({ serverId, count: 200 }));
        const plain = await timed(() => client.accounts.list({ serverId, count: 200, usage: false }));
        if (own.value.total < LISTED) throw new Error(`${own.value.total} of ${LISTED} accounts were listed`);
        if (round === 0) continue; // warm-up: Dovecot makes the folders it looks into
        listed.bare.push(theirs.ms);
        listed.ours.push(own.ms);
        listed.plain.push(plain.ms);
      }
      const imported = { bare: [] as number[], ours: [] as number[], check: [] as number[] };
      const rows = Array.from({ length: IMPORTED }, (_, i) => `new${i}@alpha.test,Passw0rd-${i}`);
      const csv = `address,password,quota\n${rows.map((row) => `${row},1G`).join('\n')}\n`;
      for (let round = 0; round < ROUNDS; round++) {
        await seed(host, 1000);
        imported.bare.push(
          (await bare.run(['bash', '-c', `'${EXPERT.replaceAll("'", `'\\''`)}'`], `${rows.join('\n')}\n`)).ms,
        );
        await seed(host, 1000);
        const own = await importAll(client, serverId, csv);
        imported.ours.push(own.ms);
        imported.check.push(own.check);
      }
      const row = (what: string, ours: number[], beside: string, theirs: number[] | null, aim: string): Row => ({
        what,
        ours: seconds(median(ours)),
        beside: theirs ? `${seconds(median(theirs))} ${beside}` : beside,
        ratio: theirs ? `${(median(ours) / median(theirs)).toFixed(2)}x` : '',
        aim,
      });
      return [
        row(`list ${LISTED} with used space`, listed.ours, 'ssh doveadm quota get -A', listed.bare, '1.3x'),
        row(`list ${LISTED} without`, listed.plain, '', null, ''),
        row(`judge a CSV of ${IMPORTED} rows`, imported.check, '', null, ''),
        row(`import ${IMPORTED}, all told`, imported.ours, 'one script over ssh', imported.bare, '1.3x'),
      ];
    } finally {
      await postdeck.dispose();
      await bare.close();
      await lab.down();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
