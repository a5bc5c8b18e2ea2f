import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Wire } from '../../../renderer/api/wire.ts';
import { concernOf, partsOf } from '../../../renderer/screens/logs/live/line-look.ts';
import { LiveLog } from '../../../renderer/screens/logs/live/live-log.ts';
import { familyOf, type LineRow, LiveRing, LONGEST, MOST_CHARS } from '../../../renderer/screens/logs/live/ring.ts';
import { Failure } from '#shared/model/failure.ts';
import type { LiveEvent, LiveLine, LiveState } from '#shared/model/log.ts';
import { text } from '#shared/model/text.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString();
const line = (words: string, second: number | null = 0): LiveLine => ({
  file: 'mail.log',
  line: 1,
  offset: 0,
  time: second === null ? null : at(second),
  program: 'postfix/smtpd',
  text: words,
  trace: null,
});
const texts = (ring: LiveRing) => ring.rows.map((row) => (row.kind === 'line' ? row.line.text : row.mark.what));

describe('the ring of live lines', () => {
  test('keeps the newest lines, never more than its limit, and says which are gone', () => {
    const ring = new LiveRing(100);
    ring.lines('a', [line('first')], 0);
    const [first] = ring.rows;
    for (let batch = 0; batch < 50; batch += 1) {
      ring.lines(
        'a',
        Array.from({ length: 7 }, (_, n) => line(`${batch} ${n}`, batch)),
        0,
      );
      expect(ring.rows.length).toBeLessThanOrEqual(100);
    }
    expect(texts(ring).at(-1)).toBe('49 6');
    expect(ring.taken).toBe(351);
    expect(first?.gone).toBe(true);
    expect(ring.rows.some((row) => row.gone)).toBe(false);
  });

  test('long lines cannot fill the memory: each is cut, and all together are bounded', () => {
    const ring = new LiveRing();
    ring.lines('a', [line('x'.repeat(10_000_000))], 0);
    expect(texts(ring)[0]).toHaveLength(LONGEST + 1);
    for (let n = 0; n < 2000; n += 1) ring.lines('a', [line('y'.repeat(LONGEST))], 0);
    const held = texts(ring).reduce((sum, each) => sum + each.length, 0);
    expect(held).toBeLessThanOrEqual(MOST_CHARS);
    expect(ring.rows.length).toBeGreaterThan(1000);
  });

  test('lines of two servers stand by their times, each server in its own order', () => {
    const ring = new LiveRing();
    ring.lines('a', [line('a1', 1), line('a5', 5), line('a3', 3), line('a9', 9)], 0);
    ring.lines('b', [line('b2', 2), line('b none', null), line('b6', 6)], 0);
    expect(texts(ring)).toEqual(['a1', 'b2', 'b none', 'a5', 'a3', 'b6', 'a9']);
    ring.leave('a');
    expect(texts(ring)).toEqual(['b2', 'b none', 'b6']);
  });

  test('a trace keeps its place while it changes', () => {
    const ring = new LiveRing();
    const trace = (id: string, status: 'deferred' | 'sent') =>
      ({ id, kind: 'message', recipients: [{ status }] }) as never;
    ring.touch('a', [trace('1', 'deferred'), trace('2', 'sent')]);
    ring.touch('a', [trace('1', 'sent')]);
    expect(ring.traces.map((row) => [row.trace.id, row.stamp])).toEqual([
      ['1', 2],
      ['2', 1],
    ]);
  });
});

describe('what a raw line says at a glance', () => {
  test.each([
    ['Nov 22 12:00:00 mx1 postfix/smtp[1]: 4dF9TnC4xzPk7: to=<a@b>, status=sent (250 ok)', 'delivered'],
    ['Nov 22 12:00:00 mx1 postfix/smtp[1]: 4dF9TnC4xzPk7: to=<a@b>, status=deferred (421 later)', 'deferred'],
    ['Nov 22 12:00:00 mx1 postfix/smtp[1]: 4dF9TnC4xzPk7: to=<a@b>, status=bounced (550 no)', 'bounced'],
    ['Nov 22 12:00:00 mx1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 5.7.1 no', 'refused'],
    ['Nov 22 12:00:00 mx1 postfix/smtpd[1]: warning: hostname x does not resolve', 'warning'],
    ['Nov 22 12:00:00 mx1 postfix/master[1]: fatal: bind 0.0.0.0 port 25: Address already in use', 'failed'],
    ['Nov 22 12:00:00 mx1 postfix/qmgr[1]: 4dF9TnC4xzPk7: removed', null],
  ])('%s', (words, concern) => {
    expect(concernOf(words)).toBe(concern);
  });

  test('tag, queue ID and the rest are told apart; a word is no queue ID', () => {
    expect(partsOf('2026-11-22T12:00:00+00:00 mx1 postfix/qmgr[1]: 4dF9TnC4xzPk7: removed')).toEqual({
      tag: 'postfix/qmgr[1]',
      id: '4dF9TnC4xzPk7',
      rest: ': removed',
    });
    expect(partsOf('Nov 22 12:00:00 mx1 postfix/smtpd[1]: warning: odd').id).toBe('');
    expect(partsOf('Nov 22 12:00:00 mx1 dovecot: lmtp(4394): Connect from local').id).toBe('');
  });

  test.each([
    ['postfix/smtpd', 'postfix'],
    ['dovecot', 'dovecot'],
    ['rspamd', 'filter'],
    ['amavis', 'filter'],
    ['CRON', 'other'],
    [null, 'other'],
  ])('%s is of %s', (program, family) => {
    expect(familyOf(program)).toBe(family);
  });
});

/** A console whose tails are fed by the test. */
class Fed {
  asked: { from?: number; last: number; filter: unknown }[] = [];
  #feed: ((step: { events: LiveEvent[] } | { error: unknown }) => void) | null = null;
  #waiting: ((fed: void) => void)[] = [];
  acked = 0;

  wire(): Wire {
    const tail = (input: Fed['asked'][number], { signal }: { signal: AbortSignal }) => {
      this.asked.push(input);
      return Promise.resolve(this.#stream(signal));
    };
    const liveWatch = (_: unknown, { signal }: { signal: AbortSignal }) =>
      Promise.resolve(
        (async function* () {
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          yield* [] as LiveState[];
        })(),
      );
    const ack = () => {
      this.acked += 1;
      return Promise.resolve();
    };
    const client = { logs: { tail, liveWatch }, flow: { ack } };
    return { door: 'web', client: client as never, state: () => 'open', subscribe: () => () => undefined };
  }

  async *#stream(signal: AbortSignal) {
    for (let seq = 1; !signal.aborted; seq += 1) {
      const step = await new Promise<{ events: LiveEvent[] } | { error: unknown }>((resolve, reject) => {
        this.#feed = resolve;
        const over = () => {
          if (this.#feed === resolve) this.#feed = null;
          reject(new Error('aborted'));
        };
        signal.addEventListener('abort', over, { once: true });
        for (const wake of this.#waiting.splice(0)) wake();
      });
      if ('error' in step) throw step.error;
      yield { streamId: 's', seq, items: step.events };
    }
  }

  /** Waits until a tail asks for more, and gives it this. */
  async give(step: { events: LiveEvent[] } | { error: unknown }): Promise<void> {
    if (this.#feed === null) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const feed = this.#feed;
    this.#feed = null;
    feed?.(step);
  }
}

/** Resolves when the log has changed so that `true` holds. */
function when(log: LiveLog, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = log.subscribe(() => {
      if (!holds()) return;
      stop();
      resolve();
    });
  });
}
const lines = (words: readonly string[], next: number): LiveEvent[] => [
  { kind: 'lines', lines: words.map((each) => line(each)), next },
];
const shown = (log: LiveLog) =>
  log.ring.rows.filter((row): row is LineRow => row.kind === 'line').map((row) => row.line.text);

describe('following servers', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('a tail whose link is cut goes on at the place it had told', async () => {
    const fed = new Fed();
    const log = new LiveLog(fed.wire());
    const leave = log.look();
    log.choose(['srv']);
    log.start();
    await fed.give({ events: lines(['one', 'two'], 12) });
    await when(log, () => shown(log).length === 2);
    await fed.give({ error: new Failure('CONNECTION_LOST', text({ id: 'test.lost', message: 'cut' })) });
    await fed.give({ events: lines(['three'], 13) });
    await when(log, () => shown(log).length === 3);
    expect(fed.asked.map(({ from }) => from)).toEqual([undefined, 12]);
    expect(log.ring.rows.map((row) => row.kind)).toEqual(['line', 'line', 'mark', 'line']);
    leave();
  });

  test('while it is paused nothing moves and nothing is acknowledged; then all of it comes', async () => {
    vi.useFakeTimers();
    const fed = new Fed();
    const log = new LiveLog(fed.wire());
    const leave = log.look();
    log.choose(['srv']);
    log.start();
    await fed.give({ events: lines(['one'], 1) });
    await vi.advanceTimersByTimeAsync(1000);
    log.pause();
    await fed.give({ events: lines(['two'], 2) });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(shown(log)).toEqual(['one']);
    expect(fed.acked).toBe(1);
    log.resume();
    await vi.advanceTimersByTimeAsync(1000);
    expect(shown(log)).toEqual(['one', 'two']);
    expect(fed.acked).toBe(2);
    leave();
  });

  test('while nobody looks nothing is asked; looking again goes on where it was', async () => {
    const fed = new Fed();
    const log = new LiveLog(fed.wire());
    let leave = log.look();
    log.choose(['srv']);
    log.start();
    await fed.give({ events: lines(['one'], 7) });
    await when(log, () => shown(log).length === 1);
    leave();
    leave = log.look();
    await fed.give({ events: lines(['two'], 8) });
    await when(log, () => shown(log).length === 2);
    expect(fed.asked.map(({ from }) => from)).toEqual([undefined, 7]);
    expect(shown(log)).toEqual(['one', 'two']);
    leave();
  });

  test('another filter begins anew, with the lines just before now', async () => {
    const fed = new Fed();
    const log = new LiveLog(fed.wire());
    const leave = log.look();
    log.choose(['srv']);
    log.start();
    await fed.give({ events: lines(['one'], 7) });
    await when(log, () => shown(log).length === 1);
    log.filter({ text: 'x' });
    expect(shown(log)).toEqual([]);
    await fed.give({ events: lines(['x two'], 9) });
    await when(log, () => shown(log).length === 1);
    expect(fed.asked.map(({ from, last, filter }) => ({ from, last, filter }))).toEqual([
      { from: undefined, last: 500, filter: {} },
      { from: undefined, last: 10_000, filter: { text: 'x' } },
    ]);
    leave();
  });

  test('a failure that no other try can pass by is told, and asked again when the reader says so', async () => {
    const fed = new Fed();
    const log = new LiveLog(fed.wire());
    const leave = log.look();
    log.choose(['srv']);
    log.start();
    await fed.give({ error: new Failure('AUTH_FAILED', text({ id: 'test.auth', message: 'no' })) });
    await when(log, () => log.followed[0]?.failure !== null);
    expect(log.followed[0]?.failure?.code).toBe('AUTH_FAILED');
    log.again('srv');
    await fed.give({ events: lines(['one'], 1) });
    await when(log, () => shown(log).length === 1);
    expect(log.followed[0]?.failure).toBeNull();
    leave();
  });
});
