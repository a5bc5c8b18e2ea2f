import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogStore, type IndexOptions, type OpenSet } from '#log-index/index.ts';
import type { MessageTrace } from '#shared/model/trace.ts';

/** A directory of its own that is gone afterwards. */
export class Room implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'postdeck-logs-'));
  readonly store = openLogStore(join(this.dir, 'sets'), { workers: 1 });

  file(name: string, content: string | Buffer): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  async index(paths: string[], options: IndexOptions = { zone: 'UTC', year: 2026 }): Promise<OpenSet> {
    return (await this.store.index('test', paths, options)).set;
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function messages(set: OpenSet): MessageTrace[] {
  return set.traces({ kind: 'message' }, { limit: 0, sort: { by: 'start', descending: false } })
    .traces as MessageTrace[];
}

/** One message from a client to a mailbox, as Postfix and Dovecot log it. */
export const DELIVERED = `Nov  2 10:00:00 mx1 postfix/smtpd[10]: connect from a.example[192.0.2.1]
Nov  2 10:00:00 mx1 postfix/smtpd[10]: 0A1B2C3D4E: client=a.example[192.0.2.1]
Nov  2 10:00:00 mx1 postfix/cleanup[11]: 0A1B2C3D4E: message-id=<one@a.example>
Nov  2 10:00:00 mx1 postfix/qmgr[12]: 0A1B2C3D4E: from=<s@a.example>, size=1234, nrcpt=1 (queue active)
Nov  2 10:00:01 mx1 postfix/smtpd[10]: disconnect from a.example[192.0.2.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
Nov  2 10:00:01 mx1 dovecot: lmtp(13): Connect from local
Nov  2 10:00:01 mx1 dovecot: lmtp(u@b.example)<13><SESSIONxyz>: msgid=<one@a.example>: saved mail to INBOX
Nov  2 10:00:01 mx1 postfix/lmtp[14]: 0A1B2C3D4E: to=<u@b.example>, relay=mx1.b.example[private/dovecot-lmtp], delay=1, delays=0.5/0/0/0.5, dsn=2.0.0, status=sent (250 2.0.0 <u@b.example> SESSIONxyz Saved)
Nov  2 10:00:01 mx1 dovecot: lmtp(13): Disconnect from local: Logged out (state=READY)
Nov  2 10:00:01 mx1 postfix/qmgr[12]: 0A1B2C3D4E: removed
`;
