/** The mirror of a server's log, through rotations, cut connections and restarts: no line missing, none twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Jobs } from '#core/jobs/jobs.ts';
import { LiveLogs } from '#core/logs/live/live-logs.ts';
import type { ServerSession } from '#drivers/driver.ts';
import { Failure } from '#shared/model/failure.ts';
import type { LiveEvent, LiveLine } from '#shared/model/log.ts';
import { text } from '#shared/model/text.ts';
import { describeLab } from '../lab/describe.ts';
import { type Lab, type LabHost, systemdAvailable, until } from '../lab/index.ts';
import { SERVER, sessionsOf } from '../unit/core/house.ts';
import { connectAs, type Connected } from './postfix-lab.ts';

const NEVER = new AbortController().signal;
/** Marks of this run: a lab that is joined still holds the lines of earlier runs. */
const RUN = Date.now().toString(36);
const marked = (name: string): string => `${name}${RUN}`;
/** Renames as logrotate does, and lets the daemon open the new file. */
const MOVE =
  'rotate() { for n in 9 8 7 6 5 4 3 2 1; do if [ -f "$f.$n" ]; then mv "$f.$n" "$f.$((n+1))"; fi; done; mv "$f" "$f.1"; kill -HUP "$(cat /run/rsyslogd.pid)"; until [ -f "$f" ]; do logger -p mail.info -t rotation opened; done; }';
/** Copies and cuts. */
const COPY =
  'rotate() { for n in 9 8 7 6 5 4 3 2 1; do if [ -f "$f.$n" ]; then mv "$f.$n" "$f.$((n+1))"; fi; done; cp "$f" "$f.1"; : > "$f"; }';

/** Logs numbered lines at full speed, and rotates three times meanwhile. */
const load = (rotate: string): string =>
  `f=/var/log/mail.log; mark=$1; from=$2; to=$3; done=/run/logged-$mark; ${rotate}
   { seq -f "$mark %06g end" "$from" "$to" | logger -p mail.info -t postfix/probe; touch "$done"; } &
   for turn in 1 2 3; do
     until [ -f "$done" ] || [ "$(grep -c "$mark" "$f")" -ge 50 ]; do :; done
     rotate
   done
   wait`;

/** What the server's own files hold, rotated ones included. */
const held = async (host: LabHost, mark: string): Promise<string[]> => {
  const found = await host.sh(
    'cat /var/log/mail.log.* /var/log/mail.log 2>/dev/null | grep -o "$1 [0-9]* end" || true',
    mark,
  );
  return found.split('\n').filter((line) => line !== '');
};

describeLab('the live log of a server', (lab) => {
  let dir: string;
  let connected: Connected;
  let live: LiveLogs;

  const open = (session: () => ServerSession): LiveLogs =>
    new LiveLogs({ dir, sessions: sessionsOf(session), jobs: new Jobs(), profile: () => SERVER, workers: 1 });

  const lines = async (mark: string): Promise<string[]> => {
    const part = await live.ask('srv', (thread, set) => thread.call('slice', [set, 0, 1_000_000, {}, false]));
    return part.lines.flatMap(({ text: raw }) => new RegExp(`${mark} \\d+ end`).exec(raw)?.[0] ?? []);
  };

  /** Follows until `enough` of the lines with this mark are there. */
  const followed = async (mark: string, enough: number): Promise<string[]> => {
    await until(async () => (await lines(mark)).length >= enough, `${enough} lines of ${mark}`);
    return lines(mark);
  };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'postdeck-live-'));
    await lab().host('mx1').sh('rm -f /var/log/mail.log.*');
    connected = await connectAs(lab().host('mx1'), 'root');
    live = open(() => connected.session);
  });
  afterEach(async () => {
    await live.dispose();
    await connected.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Follows in the background; the returned function ends it. */
  const follow = async (seen: LiveEvent[] = []): Promise<() => Promise<void>> => {
    const stop = new AbortController();
    const options = { filter: {}, lines: true, traces: true, last: 0 };
    const reading = (async () => {
      for await (const events of live.tail('srv', options, stop.signal)) seen.push(...events);
    })();
    await until(
      () => Promise.resolve(seen.some((event) => event.kind === 'state' && event.state.state === 'live')),
      'the log to be followed',
    );
    return async () => {
      stop.abort();
      await reading;
    };
  };

  test('a renamed log is read to its end, and nothing of it twice', async () => {
    const host = lab().host('mx1');
    const end = await follow();
    await host.sh(load(MOVE), marked('moved'), '1', '3000');
    expect((await held(host, marked('moved'))).length).toBe(3000);
    const found = await followed(marked('moved'), 3000);
    expect(found.toSorted()).toEqual((await held(host, marked('moved'))).toSorted());
    await end();
  });

  test('a log that is copied away and cut is read to its end, and nothing of it twice', async () => {
    const host = lab().host('mx1');
    const end = await follow();
    await host.sh(load(COPY), marked('copied'), '1', '3000');
    const there = await held(host, marked('copied'));
    const found = await followed(marked('copied'), there.length);
    // Lines between copy and cut are lost on the server itself: the mirror may have them, the files do not.
    expect(new Set(found).size).toBe(found.length);
    expect(new Set(there).difference(new Set(found))).toEqual(new Set());
    await end();
  });

  test('what was logged and rotated while nobody followed is caught up, in its order', async () => {
    const host = lab().host('mx1');
    const end = await follow();
    await host.sh(load(MOVE), marked('before'), '1', '500');
    await followed(marked('before'), 500);
    await end();
    await live.dispose();
    await host.sh(`${load(MOVE)}; gzip -f /var/log/mail.log.3 2>/dev/null || true`, marked('away'), '1', '1500');
    live = open(() => connected.session);
    const again = await follow();
    const found = await followed(marked('away'), 1500);
    expect(found).toEqual(found.toSorted());
    expect(new Set(found).size).toBe(1500);
    expect(found.length).toBe(1500);
    expect((await lines(marked('before'))).length).toBe(500);
    await again();
  });

  test('a connection that is cut in the middle leaves no gap and no double', async () => {
    const host = lab().host('mx1');
    const seen: LiveEvent[] = [];
    const end = await follow(seen);
    const loading = host.sh(load(MOVE), marked('cut'), '1', '3000');
    await until(async () => (await lines(marked('cut'))).length > 0, 'the first lines');
    await host.sh('kill -9 $(pgrep -f "^sshd: root@notty")');
    await loading;
    await host.sh(load(MOVE), marked('after'), '1', '500');
    const found = await followed(marked('cut'), 3000);
    expect(found.length).toBe(3000);
    expect(new Set(found).size).toBe(3000);
    expect((await followed(marked('after'), 500)).length).toBe(500);
    expect(seen.some((event) => event.kind === 'state' && event.state.state === 'retrying')).toBe(true);
    const told = seen.flatMap((event): LiveLine[] => (event.kind === 'lines' ? event.lines : []));
    expect(told.filter(({ text: raw }) => raw.includes(`${marked('cut')} `)).length).toBe(3000);
    await end();
  });

  test('a message is told as a trace within moments of its delivery', async () => {
    const host = lab().host('mx1');
    const seen: LiveEvent[] = [];
    const end = await follow(seen);
    await host.inject({ from: 'alice@alpha.test', to: 'bob@alpha.test', subject: 'live' });
    const traces = () => seen.flatMap((event) => (event.kind === 'traces' ? event.traces : []));
    await until(
      () =>
        Promise.resolve(
          traces().some(
            (trace) =>
              trace.kind === 'message' &&
              trace.recipients.some(({ to, status }) => to === 'bob@alpha.test' && status === 'sent'),
          ),
        ),
      'the trace of the message',
    );
    await end();
  });

  test('a filter lets through only lines that hold it', async () => {
    const host = lab().host('mx1');
    const seen: LiveEvent[] = [];
    const stop = new AbortController();
    const options = { filter: { text: 'NEEDLE' }, lines: true, traces: false, last: 0 };
    const reading = (async () => {
      for await (const events of live.tail('srv', options, stop.signal)) seen.push(...events);
    })();
    await until(() => Promise.resolve(seen.some((e) => e.kind === 'state' && e.state.state === 'live')), 'following');
    await host.sh('for i in 1 2 3; do logger -p mail.info -t x "hay $i"; logger -p mail.info -t x "a needle $i"; done');
    const told = () => seen.flatMap((event) => (event.kind === 'lines' ? event.lines : []));
    await until(() => Promise.resolve(told().length >= 3), 'the lines');
    expect(told().map(({ text: raw }) => raw.replace(/^.*: /, ''))).toEqual(['a needle 1', 'a needle 2', 'a needle 3']);
    stop.abort();
    await reading;
  });

  test('a reader that stops reading misses nothing when it goes on', async () => {
    const host = lab().host('mx1');
    const stop = new AbortController();
    const options = { filter: {}, lines: true, traces: false, last: 0 };
    const tail = live.tail('srv', options, stop.signal);
    const next = async (): Promise<LiveEvent[]> => (await tail.next()).value ?? [];
    for (;;) if ((await next()).some((e) => e.kind === 'state' && e.state.state === 'live')) break;
    await host.sh(load(MOVE), marked('paused'), '1', '2000');
    await followed(marked('paused'), 2000); // the mirror went on by itself
    const told: string[] = [];
    while (told.length < 2000) {
      for (const event of await next()) {
        if (event.kind !== 'lines') continue;
        for (const line of event.lines) if (line.text.includes(`${marked('paused')} `)) told.push(line.text);
      }
    }
    expect(new Set(told).size).toBe(2000);
    stop.abort();
    await tail.return();
  });

  test('a tail that begins where an earlier one ended misses nothing and doubles nothing', async () => {
    const host = lab().host('mx1');
    const told: string[] = [];
    /** Reads from a place until `enough` marked lines are known; returns the place to go on from. */
    const read = async (from: number | undefined, enough: number): Promise<number | undefined> => {
      const stop = new AbortController();
      let next = from;
      for await (const events of live.tail(
        'srv',
        { filter: {}, lines: true, traces: true, last: 0, from },
        stop.signal,
      )) {
        for (const event of events) {
          if (event.kind !== 'lines') continue;
          next = event.next;
          for (const line of event.lines) if (line.text.includes(`${marked('place')} `)) told.push(line.text);
        }
        if (told.length >= enough) stop.abort();
      }
      return next;
    };
    const keep = await follow();
    await until(async () => (await live.state('srv')).state === 'live', 'following');
    const first = (await live.state('srv')).lines;
    await host.sh(load(MOVE), marked('place'), '1', '700');
    const middle = await read(first, 700);
    await host.sh(load(MOVE), marked('place'), '701', '1500');
    await read(middle, 1500);
    expect(told.length).toBe(1500);
    expect(new Set(told).size).toBe(1500);
    await keep();
  });

  test('a second process is refused while one writes, and told which', async () => {
    const end = await follow();
    const other = open(() => connected.session);
    // One process here plays both: the lock knows its own writers too.
    expect(() => other.pull('srv')).toThrow(expect.objectContaining({ code: 'UNSAFE' }) as Failure);
    await end();
    await other.dispose();
  });

  test('a user without rights is refused with the reason, one of group adm is not', async () => {
    const host = lab().host('mx1');
    await host.sh('chmod 600 /var/log/mail.log');
    const poor = await connectAs(host, 'plain');
    const theirs = open(() => poor.session);
    const refused = async () => {
      for await (const _ of theirs.tail('srv', { filter: {}, lines: true, traces: false, last: 0 }, NEVER)) continue;
    };
    await expect(refused()).rejects.toMatchObject({ code: 'UNSUPPORTED', text: { id: 'postfix.logs.rights' } });
    await theirs.dispose();
    await poor.close();
    await host.sh('chmod 640 /var/log/mail.log; chgrp adm /var/log/mail.log');
    const adm = await connectAs(host, 'plain');
    expect((await adm.session.capabilities(NEVER)).find(({ id }) => id === 'logs.read')?.available).toBe(true);
    await adm.close();
  });

  test('a failure that another try cannot pass by ends the tail with it', async () => {
    const gone = new Failure('AUTH_FAILED', text({ id: 'test.auth', message: 'no' }));
    const broken = open(() => {
      throw gone;
    });
    const tail = async () => {
      for await (const _ of broken.tail('srv', { filter: {}, lines: true, traces: false, last: 0 }, NEVER)) continue;
    };
    await expect(tail()).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await broken.dispose();
  });
});

const systemd = systemdAvailable();
const journalSuite = (lab: () => Lab): void => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'postdeck-journal-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('a host with journald alone is followed by cursor, through a cut and a restart', async () => {
    const host = lab().host('mx3');
    const connected = await connectAs(host, 'root');
    const make = (): LiveLogs =>
      new LiveLogs({
        dir,
        sessions: sessionsOf(connected.session),
        jobs: new Jobs(),
        profile: () => SERVER,
        workers: 1,
      });
    let live = make();
    const run = async (name: string, count: number, act: () => Promise<void>): Promise<void> => {
      const mark = marked(name);
      const stop = new AbortController();
      const told: string[] = [];
      let ready = false;
      const reading = (async () => {
        const options = { filter: {}, lines: true, traces: false, last: 0 };
        for await (const events of live.tail('srv', options, stop.signal)) {
          for (const event of events) {
            if (event.kind === 'state' && event.state.state === 'live') ready = true;
            if (event.kind === 'lines') told.push(...event.lines.map(({ text: raw }) => raw));
          }
        }
      })();
      await until(() => Promise.resolve(ready), 'the journal to be followed');
      expect((await live.state('srv')).place).toBe('journal');
      await act();
      const ours = (): string[] => told.filter((line) => new RegExp(`${mark} \\d+ end`).test(line));
      await until(() => Promise.resolve(ours().length >= count), `${count} lines`);
      expect(new Set(ours()).size).toBe(count);
      expect(ours().length).toBe(count);
      stop.abort();
      await reading;
    };
    const log = (mark: string): Promise<string> =>
      host.sh('seq -f "$1 %06g end" 1 500 | logger -p mail.info -t postfix/probe', marked(mark));
    await run('first', 500, async () => void (await log('first')));
    await run('second', 500, async () => {
      await host.sh('kill -9 $(pgrep -f "^sshd: root@notty")');
      await log('second');
    });
    await live.dispose();
    await log('away');
    live = make();
    await run('third', 500, async () => void (await log('third')));
    const part = await live.ask('srv', (thread, set) => thread.call('slice', [set, 0, 1_000_000, {}, false]));
    for (const mark of ['first', 'second', 'away', 'third'].map(marked)) {
      const found = part.lines.filter(({ text: raw }) => new RegExp(`${mark} \\d+ end`).test(raw));
      expect([mark, found.length]).toEqual([mark, 500]);
    }
    await live.dispose();
    await connected.close();
  });
};
if (systemd.ok) {
  // An instance name has 11 characters at most.
  const name = `${(process.env['POSTDECK_LAB_NAME'] ?? 'pd').slice(0, 10)}j`;
  describeLab('the journal of a server', journalSuite, { name, init: 'systemd', hosts: ['dns', 'mx3'] });
} else {
  describe('the journal of a server', { skip: true, meta: { reason: systemd.why } }, () => {
    test('a host with journald alone is followed by cursor', () => undefined);
  });
}
