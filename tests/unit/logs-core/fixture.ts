import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Jobs } from '#core/jobs/jobs.ts';
import { LogSets } from '#core/logs/sets.ts';
import type { Job } from '#shared/model/job.ts';
import type { LogIndexed } from '#shared/model/log.ts';

/** A message that came in, was delivered to one recipient and is refused by another host: lines as Postfix 3.7 writes them. */
export const STORY = `2026-11-22T14:02:20.617570+00:00 mx1 postfix/smtpd[267]: connect from client.example.org[192.0.2.7]
2026-11-22T14:02:20.700000+00:00 mx1 postfix/smtpd[267]: 9CA0E2C6: client=client.example.org[192.0.2.7]
2026-11-22T14:02:20.710000+00:00 mx1 postfix/cleanup[270]: 9CA0E2C6: message-id=<one@example.org>
2026-11-22T14:02:20.720000+00:00 mx1 postfix/qmgr[220]: 9CA0E2C6: from=<anna@example.org>, size=452, nrcpt=2 (queue active)
2026-11-22T14:02:20.730000+00:00 mx1 postfix/smtpd[267]: disconnect from client.example.org[192.0.2.7] ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6
2026-11-22T14:02:21.100000+00:00 mx1 postfix/smtp[271]: 9CA0E2C6: to=<bob@alpha.test>, relay=mx.alpha.test[198.51.100.9]:25, delay=0.5, delays=0.1/0.02/0.08/0.3, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77AA)
2026-11-22T14:02:21.200000+00:00 mx1 postfix/smtp[272]: 9CA0E2C6: to=<gone@beta.test>, relay=mx.beta.test[198.51.100.10]:25, delay=0.6, delays=0.1/0.02/0.18/0.3, dsn=5.1.1, status=bounced (host mx.beta.test[198.51.100.10] said: 550 5.1.1 <gone@beta.test>: Recipient address rejected: User unknown (in reply to RCPT TO command))
2026-11-22T14:02:21.300000+00:00 mx1 postfix/bounce[273]: 9CA0E2C6: sender non-delivery notification: A1B2C3D4
2026-11-22T14:02:21.310000+00:00 mx1 postfix/qmgr[220]: 9CA0E2C6: removed
`;

export interface Desk {
  dir: string;
  jobs: Jobs;
  sets: LogSets;
  /** Writes a file beside the sets and tells its path. */
  file(name: string, content: string | Buffer): string;
  /** Indexes and waits for the end. */
  index(name: string, paths: string[]): Promise<Job>;
  indexed(name: string, paths: string[]): Promise<LogIndexed>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function desk(): Desk {
  const dir = mkdtempSync(join(tmpdir(), 'postdeck-logs-'));
  const jobs = new Jobs();
  const sets = new LogSets({ dir: join(dir, 'logs'), jobs, workers: 1 });
  const index = async (name: string, paths: string[]): Promise<Job> =>
    jobs.ended(sets.index({ name, paths, zone: 'Etc/UTC' }).id);
  return {
    dir,
    jobs,
    sets,
    file(name, content) {
      const path = join(dir, name);
      writeFileSync(path, content);
      return path;
    },
    index,
    async indexed(name, paths) {
      return sets.indexed((await index(name, paths)).id);
    },
    async [Symbol.asyncDispose]() {
      await jobs.dispose();
      await sets.dispose();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
