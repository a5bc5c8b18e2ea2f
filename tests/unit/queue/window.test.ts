import { describe, expect, test, vi } from 'vitest';
import { ageBucket } from '#core/queue/group.ts';
import { thinOut } from '#core/queue/levels.ts';
import { Snapshot, type ViewAsked } from '#core/queue/snapshot.ts';
import type { QueueMessage, QueueReading } from '#shared/model/queue.ts';

// Real files, a queue of 18,402 and more: seconds on a busy machine, where 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

const COUNT = 100_000;
const NOW = Date.parse('2026-11-22T12:00:00.000Z');
const QUEUES = ['active', 'deferred', 'hold', 'incoming'] as const;

const reading = (): QueueReading => ({
  serverId: 's',
  generation: 7,
  state: 'complete',
  read: 0,
  expected: null,
  startedAt: null,
  endedAt: null,
  ms: 0,
  command: '',
  counts: {},
  size: 0,
});

/** A mixed order without a random source: every number of 0..COUNT-1 once. */
const mixed = (i: number): number => (i * 7_919) % COUNT;

function makeMessage(i: number): QueueMessage {
  const n = mixed(i);
  return {
    id: n.toString(16).toUpperCase().padStart(6, '0'),
    queue: QUEUES[n % 4] ?? 'hold',
    arrivalTime: new Date(NOW - Math.floor(n / 2) * 1000).toISOString(),
    size: (n % 1_000) + 1,
    sender: n % 10 === 0 ? '' : `u${n % 37}@d${n % 5}.test`,
    recipients: [
      {
        address: `r${n % 101}@t${n % 3}.test`,
        reason: n % 2 === 0 ? `connect to h${n % 7}.test[10.0.0.${n % 250}]:25: Connection refused` : null,
      },
    ],
    forcedExpire: false,
    login: null,
  };
}

const snapshot = new Snapshot(reading());
for (let at = 0; at < COUNT; at += 1_000) snapshot.add(Array.from({ length: 1_000 }, (_, i) => makeMessage(at + i)));

const asked = (over: Partial<ViewAsked> = {}): ViewAsked => ({
  filter: {},
  sort: { field: 'arrivalTime', descending: false },
  group: null,
  collapsed: [],
  offset: 0,
  count: 1_000,
  ...over,
});
const messagesOf = (view: ReturnType<Snapshot['window']>): QueueMessage[] =>
  view.rows.flatMap((row) => (row.kind === 'message' ? [row.message] : []));
/** Every row of a view, window by window. */
function allRows(over: Partial<ViewAsked>) {
  const rows = [];
  for (let offset = 0; ; offset += 1_000) {
    const view = snapshot.window(asked({ ...over, offset }), NOW);
    rows.push(...view.rows);
    if (offset + 1_000 >= view.totalRows) return { rows, view };
  }
}

describe('a window on 100,000 messages', () => {
  test('oldest first; equal arrivals by id; the end is reached and nothing is past it', () => {
    const first = snapshot.window(asked({ count: 3 }), NOW);
    expect(first).toMatchObject({ generation: 7, totalRows: COUNT, matched: COUNT, total: COUNT, offset: 0 });
    expect(messagesOf(first).map(({ id }) => Number.parseInt(id, 16))).toEqual([99_998, 99_999, 99_996]);
    const last = snapshot.window(asked({ offset: COUNT - 2, count: 10 }), NOW);
    expect(messagesOf(last).map(({ id }) => Number.parseInt(id, 16))).toEqual([0, 1]);
    expect(snapshot.window(asked({ offset: COUNT }), NOW).rows).toEqual([]);
  });

  test.each(['arrivalTime', 'size', 'sender', 'recipient', 'reason', 'queue', 'id'] as const)(
    'sorted by %s each message stands once, both ways',
    (field) => {
      for (const descending of [false, true]) {
        const { rows } = allRows({ sort: { field, descending } });
        const ids = rows.flatMap((row) => (row.kind === 'message' ? [row.message.id] : []));
        expect(new Set(ids).size).toBe(COUNT);
      }
    },
  );

  test('sorted by size: the sizes never fall, descending they never rise', () => {
    const up = messagesOf(snapshot.window(asked({ sort: { field: 'size', descending: false }, offset: 500 }), NOW)).map(
      ({ size }) => size,
    );
    expect(up).toEqual(up.toSorted((a, b) => a - b));
    const down = messagesOf(
      snapshot.window(asked({ sort: { field: 'size', descending: true }, offset: 500 }), NOW),
    ).map(({ size }) => size);
    expect(down).toEqual(down.toSorted((a, b) => b - a));
  });

  test('a filter counts what it matches, and its bytes', () => {
    const view = snapshot.window(asked({ filter: { sender: '<>' } }), NOW);
    expect(view).toMatchObject({ matched: COUNT / 10, totalRows: COUNT / 10, total: COUNT });
    const expected = snapshot.messages.filter(({ sender }) => sender === '').reduce((sum, { size }) => sum + size, 0);
    expect(view.matchedSize).toBe(expected);
  });

  test.each(['sender', 'sender-domain', 'recipient-domain', 'reason', 'age', 'login', 'queue'] as const)(
    'grouped by %s: heads tell the rows under them, and each message stands once',
    (group) => {
      const { rows, view } = allRows({ group });
      const heads = rows.flatMap((row) => (row.kind === 'group' ? [row.group] : []));
      expect(view.totalRows).toBe(COUNT + heads.length);
      expect(rows).toHaveLength(view.totalRows);
      expect(heads.reduce((sum, { count }) => sum + count, 0)).toBe(COUNT);
      let under = -1;
      let head: (typeof heads)[number] | null = null;
      for (const row of rows) {
        if (row.kind === 'group') {
          if (head !== null) expect(under).toBe(head.count);
          head = row.group;
          under = 0;
        } else under += 1;
      }
      expect(under).toBe(head?.count);
      if (group !== 'age')
        expect(heads.map(({ count }) => count)).toEqual(heads.map(({ count }) => count).toSorted((a, b) => b - a));
    },
  );

  test('closed groups show their head alone, also when a window begins inside one', () => {
    const open = snapshot.window(asked({ group: 'queue', count: 1 }), NOW);
    const heads = snapshot.summary({}, 'queue', NOW);
    const closed = snapshot.window(asked({ group: 'queue', collapsed: heads.map(({ key }) => key) }), NOW);
    expect(closed.totalRows).toBe(4);
    expect(closed.rows.map((row) => row.kind === 'group' && row.collapsed)).toEqual([true, true, true, true]);
    expect(closed.matched).toBe(COUNT);
    expect(open.totalRows).toBe(COUNT + 4);
    const inside = snapshot.window(asked({ group: 'queue', offset: 10, count: 5 }), NOW);
    expect(inside.rows.map(({ kind }) => kind)).toEqual(Array<string>(5).fill('message'));
    expect(inside.rows).toEqual(allRows({ group: 'queue' }).rows.slice(10, 15));
  });

  test('a summary by reason names its sample and the code its reasons share', () => {
    const [none, ...hosts] = snapshot.summary({}, 'reason', NOW);
    expect(none).toMatchObject({ key: '', count: COUNT / 2, sample: null, code: null });
    expect(hosts).toHaveLength(7);
    expect(hosts[0]?.sample).toMatch(/^connect to h\d\.test\[10\.0\.0\.\d+\]:25: Connection refused$/);
  });

  test('logins that were filled in later are seen by views made before', () => {
    const small = new Snapshot(reading());
    small.add([makeMessage(1), makeMessage(2)]);
    expect(small.window(asked({ filter: { login: 'a@b.test' } }), NOW).matched).toBe(0);
    small.fillLogins(new Map([[makeMessage(1).id, 'a@b.test']]));
    expect(small.window(asked({ filter: { login: 'a@b.test' } }), NOW).matched).toBe(1);
  });
});

describe('age buckets', () => {
  test.each([
    [0, '5m'],
    [299, '5m'],
    [300, '10m'],
    [1_200, '40m'],
    [2_400, '1h20m'],
    [4_800, '2h40m'],
    [307_199, '85h20m'],
    [307_200, '85h20m+'],
    [-60, '5m'],
  ])('%i seconds: %s', (seconds, bucket) => {
    expect(ageBucket(seconds * 1000)).toBe(bucket);
  });
});

describe('levels thinned out', () => {
  const level = (minute: number, deferred: number) => ({
    at: new Date(NOW + minute * 60_000).toISOString(),
    active: 0,
    deferred,
    hold: 0,
    incoming: 0,
  });

  test('few stay as they are', () => {
    const levels = [level(0, 1), level(1, 2)];
    expect(thinOut(levels, 2)).toEqual(levels);
    expect(thinOut([], 10)).toEqual([]);
  });

  test('the peak and the trough stay, in their order, within the points asked for', () => {
    const levels = Array.from({ length: 5_000 }, (_, i) =>
      level(i, i === 3_210 ? 99_999 : i === 1_234 ? 0 : 100 + (i % 7)),
    );
    const thin = thinOut(levels, 100);
    expect(thin.length).toBeLessThanOrEqual(100);
    expect(thin.map(({ deferred }) => deferred)).toEqual(expect.arrayContaining([99_999, 0]));
    const times = thin.map(({ at }) => at);
    expect(times).toEqual(times.toSorted());
  });

  test('a gap stays a gap', () => {
    const levels = [
      ...Array.from({ length: 50 }, (_, i) => level(i, 1)),
      ...Array.from({ length: 50 }, (_, i) => level(10_000 + i, 1)),
    ];
    const minutes = thinOut(levels, 20).map(({ at }) => (Date.parse(at) - NOW) / 60_000);
    expect(minutes.filter((minute) => minute > 60 && minute < 9_990)).toEqual([]);
  });
});
