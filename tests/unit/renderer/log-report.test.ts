import { describe, expect, it } from 'vitest';
import type { LogReport } from '../../../shared/model/log.ts';
import {
  countTicks,
  reasonOf,
  reportCsv,
  reportsHtml,
  termsOf,
  totalsOf,
  volumePoints,
} from '../../../renderer/screens/logs/report/report-data.ts';
import { nameFor } from '../../../renderer/screens/logs/send-files.ts';

const COLUMNS = ['time', 'sent', 'deferred', 'bounced', 'expired', 'rejected', 'greylisted', 'discarded', 'held'];
const volume = (rows: LogReport['rows']): LogReport => ({ by: 'volume', columns: COLUMNS, rows });

describe('volume over time', () => {
  it('has a zero for a bucket without a row', () => {
    const { points, bucket } = volumePoints(
      volume([
        ['2026-11-22T10:00:00.000Z', 5, 1, 0, 0, 2, 1, 0, 0],
        ['2026-11-22T10:05:00.000Z', 1, 0, 1, 1, 0, 0, 1, 1],
        ['2026-11-22T10:20:00.000Z', 7, 0, 0, 0, 0, 0, 0, 0],
      ]),
    );
    expect(bucket).toBe(300_000);
    expect(points.map((point) => point.delivered)).toEqual([5, 1, 0, 0, 7]);
    expect(totalsOf(points)).toEqual({ delivered: 13, deferred: 1, failed: 2, held: 2, refused: 3 });
  });

  it('of an empty log is empty', () => {
    expect(volumePoints(volume([])).points).toEqual([]);
  });

  it('stands on an axis of round numbers that holds the largest', () => {
    for (const value of [0, 1, 3, 7, 42, 1337, 98_765]) {
      const ticks = countTicks(value);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(Math.max(1, value));
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.every(Number.isInteger)).toBe(true);
    }
  });
});

describe('a row of a report', () => {
  it('searches for what it counts', () => {
    expect(termsOf('sender', '<>')).toEqual([{ key: 'from', value: '' }]);
    expect(termsOf('auth-failure-ip', '203.0.113.7')).toEqual([
      { key: 'ip', value: '203.0.113.7' },
      { key: 'kind', value: 'login' },
    ]);
    expect(termsOf('reason', 'deferred: 4.7.0 Try again')).toEqual([
      { key: 'status', value: 'deferred' },
      { key: 'reason', value: '4.7.0 Try again' },
    ]);
    expect(termsOf('summary', 'received')).toBeNull();
  });

  it('of reasons is split into status, code and words', () => {
    expect(reasonOf('bounced: 550 5.1.1 No such user')).toEqual({
      status: 'bounced',
      code: '5.1.1',
      words: '550 5.1.1 No such user',
      text: 'No such user',
    });
  });
});

describe('threat: a stranger writes into an export', () => {
  const evil: LogReport = {
    by: 'sender',
    columns: ['sender', 'messages'],
    rows: [
      ['=HYPERLINK("http://x")', 1],
      ['<script>alert(1)</script>', 2],
    ],
  };

  it('a spreadsheet gets no formula', () => {
    expect(reportCsv(evil)).toContain(`"'=HYPERLINK(""http://x"")",1`);
  });

  it('a page gets no markup', () => {
    const html = reportsHtml('<b>t</b>', 'en', [evil], () => 'Senders');
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('&lt;b&gt;t&lt;/b&gt;');
  });
});

describe('the name of a set', () => {
  const file = (name: string) => [{ by: 'path' as const, name, path: `/x/${name}` }];

  it('comes from the first file and is not taken twice', () => {
    expect(nameFor(file('mail.log.2.gz'), [])).toBe('mail.log.2');
    expect(nameFor(file('mail.log'), ['mail.log', 'mail.log 2'])).toBe('mail.log 3');
    expect(nameFor([{ by: 'path', name: 'logs/mx1/mail.log', path: '/x' }], [])).toBe('logs');
  });

  it('is one that the console takes, whatever the file is called', () => {
    expect(nameFor(file('..'), [])).toBe('mail.log');
    expect(nameFor(file('<img onerror=1>'), [])).toBe('img onerror_1_');
  });
});
